import { setTimeout as sleep } from 'node:timers/promises';
import { withoutControls } from '../control-characters.js';
import type { Call, Command } from './command.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import { Gateway, GatewayRefusal } from './gateway.js';
import { containersOf, lostIn, type Hooks, type Sessions, type Summary } from './kernel-answers.js';
import { CALL_ORDERS, callLines, callRows, headLines, lossLine, type CallOrder, type Look } from './live-view.js';
import { nearest } from './nearest.js';
import { showBytes, showCount, showElapsed } from './quantities.js';
import { Screen } from './screen.js';

const DEFAULT_REFRESH_MS = 1000;
/** Rows of the live table on a terminal of unknown height. */
const DEFAULT_ROWS = 20;
/** Rows of the closing table. */
const SUMMARY_ROWS = 15;
/** How long a gateway that went away is asked again before the session is left alone. */
const PATIENCE_MS = 60_000;

export const runCommand: Command = {
  name: 'run',
  summary: 'trace pods until Ctrl-C and show what they do',
  usage: '<hook> --pod PATTERN [option...] [-- argument of the hook...]',
  operands: [1, 1],
  operandCompletion: 'hooks',
  takesRest: true,
  options: {
    pod: { type: 'string', value: 'PATTERN', description: 'pods, with * and ? (see tracer pods)', completion: 'pods' },
    container: { type: 'string', value: 'PATTERN', description: 'containers of these pods (default *)' },
    time: { type: 'string', value: 'TIME', description: 'end after so long, such as 30s' },
    events: { type: 'string', value: 'N', description: 'end after so many events' },
    bytes: { type: 'string', value: 'SIZE', description: 'end when the trace file has so many bytes, such as 100M' },
    context: { type: 'string', value: 'TEXT', description: 'your own words, kept with the session' },
    top: { type: 'string', value: 'N', description: 'rows of the table (default: what fits)' },
    sort: { type: 'string', value: 'ORDER', description: CALL_ORDERS.join(', '), completion: CALL_ORDERS },
    refresh: { type: 'string', value: 'TIME', description: 'how often to look (default 1s)' },
    detach: { type: 'boolean', description: 'start it, print its id, and leave it running' },
  },
  examples: [
    "tracer run trace_syscalls --pod 'api-*' --time 30s -- -s %file read write",
    "tracer run trace_sched --pod 'api-*' --container app -- -k runqueue -m 1000",
  ],
  run: runSession,
};

async function runSession(call: Call): Promise<number> {
  const { given, gateway, output } = call;
  const request = requestOf(call);
  const refreshMs = given.durationMs('refresh') ?? DEFAULT_REFRESH_MS;
  const order = given.oneOf('sort', CALL_ORDERS) ?? 'time';
  const top = given.count('top', 1);
  const created = await gateway
    .json<Sessions>('/v1/trace-session', { method: 'POST', body: request })
    .catch((error: unknown) => explain(error, call));
  const id = Object.values(created)[0]?.Group ?? Object.keys(created)[0] ?? '';
  // From here on a session exists: Ctrl-C must not cut the requests that start and stop it.
  const steady = new Gateway(gateway.url, call.token, new AbortController().signal);
  const startedMs = call.nowMs();
  await steady.json(`/v1/trace-session/${id}`, { method: 'PUT', body: { run: true } }).catch(async (error: unknown) => {
    // What was refused never ran: left behind it would only be in the way of the next attempt.
    if (error instanceof GatewayRefusal)
      await steady.json(`/v1/trace-session/${id}`, { method: 'DELETE', query: { purge: 1 } }).catch(() => undefined);
    throw error;
  });
  if (given.flag('detach')) return detached(call, id, created);
  if (!output.json) announce(call, id, created);
  const screen = new Screen(output);
  try {
    const watch = { id, startedMs, refreshMs, order, top, steady, screen };
    const last = await follow(call, watch);
    screen.clear();
    return report(call, last, watch, await ended(steady, id));
  } finally {
    screen.clear();
  }
}

function requestOf({ given }: Call): Record<string, unknown> {
  const pod = given.text('pod');
  if (pod === undefined)
    throw usageError('run: say which pods are traced', "for example  --pod 'api-*'   (tracer pods lists them)");
  const limits = {
    'time-limit-ms': given.durationMs('time'),
    'event-limit': given.count('events', 1),
    'byte-limit': given.bytes('bytes'),
  };
  return {
    pod,
    container: given.text('container') ?? '*',
    'trace-hook': given.operands[0],
    'trace-arguments': given.rest.join(' '),
    'trace-user-context': given.text('context') ?? '',
    ...limits,
  };
}

/** A refusal with what helps: the hook that was meant, or where the pods are listed. */
async function explain(error: unknown, { gateway, given }: Call): Promise<never> {
  if (!(error instanceof GatewayRefusal)) throw error;
  const hints: string[] = [];
  if (error.code === 'CONTAINER_NOT_MATCHED') hints.push('tracer pods   shows what can be traced');
  if (error.code === 'HOOK_UNKNOWN') {
    const hooks = await gateway.json<Hooks>('/v1/trace-hooks').catch(() => ({}));
    const names = Object.values(hooks).flatMap(({ Tracers }) => Object.keys(Tracers));
    const near = nearest(given.operands[0] ?? '', names);
    hints.push(...(near === undefined ? [] : [`did you mean "${near}"?`]), 'tracer hooks   lists them');
  }
  if (error.code === 'HOOK_ARGUMENT_INVALID')
    hints.push(`tracer hooks ${given.operands[0] ?? ''}   shows its arguments`);
  throw new GatewayRefusal(error.code, error.status, error.message, [...error.hints, ...hints]);
}

function announce({ output, gateway }: Call, id: string, created: Sessions): void {
  for (const session of Object.values(created)) {
    const { Node, TraceHook, Id } = session;
    output.note(`session ${Id} on ${Node}: ${TraceHook} on ${containersOf(session)}`);
  }
  output.note(`Ctrl-C stops it; from elsewhere: tracer sessions stop ${id}`);
  for (const warning of gateway.warnings) output.warn(`not every node takes part: ${warning}`);
}

function detached({ output }: Call, id: string, created: Sessions): number {
  if (output.json) output.document(created);
  else {
    output.line(id);
    output.note(`It runs. tracer sessions show ${id} shows it, tracer sessions stop ${id} ends it.`);
  }
  return EXIT.ok;
}

interface Watch {
  readonly id: string;
  readonly startedMs: number;
  readonly refreshMs: number;
  readonly order: CallOrder;
  readonly top: number | undefined;
  readonly steady: Gateway;
  readonly screen: Screen;
}

/** Looks again and again until the session has ended or Ctrl-C; resolves with the last look at it running, if any. */
async function follow(call: Call, watch: Watch): Promise<Look | undefined> {
  let before: Look | undefined;
  let silentSinceMs: number | undefined;
  while (!call.interrupted.aborted) {
    try {
      const look = await lookAt(watch.steady, watch.id, call.nowMs);
      silentSinceMs = undefined;
      show(call, watch, look, before);
      if (look.summary.state !== 'running') return before;
      before = look;
    } catch (error) {
      silentSinceMs ??= call.nowMs();
      endure(call, watch, error, call.nowMs() - silentSinceMs);
    }
    await sleep(watch.refreshMs, undefined, { signal: call.interrupted }).catch(() => undefined);
  }
  return before;
}

/** A gateway or agent that is restarted comes back; the session goes on meanwhile. */
function endure({ output }: Call, { screen, id }: Watch, error: unknown, silentMs: number): void {
  if (error instanceof GatewayRefusal && error.code === 'SESSION_NOT_FOUND') throw error;
  screen.clear();
  const reason = error instanceof Error ? error.message : String(error);
  if (silentMs > PATIENCE_MS)
    throw new CliError(EXIT.unreachable, `gave up after ${showElapsed(silentMs)}: ${reason}`, [
      `The session may still run; when the gateway is back:  tracer sessions stop ${id}`,
    ]);
  output.warn(`${reason}; asking again`);
}

async function lookAt(gateway: Gateway, id: string, nowMs: () => number): Promise<Look> {
  const [sessions, summary] = await Promise.all([
    gateway.json<Sessions>(`/v1/trace-session/${id}`),
    gateway.json<Summary>(`/v1/trace-session/${id}/summary`),
  ]);
  return { atMs: nowMs(), sessions, summary };
}

function show({ output }: Call, watch: Watch, look: Look, before: Look | undefined): void {
  const head = headLines(look, before, watch.startedMs, output);
  if (output.json || look.summary.state !== 'running') return;
  if (!output.isTerminal) {
    output.note(head.slice(1).join('   '));
    return;
  }
  const rows = watch.top ?? Math.max(3, (output.out.rows ?? DEFAULT_ROWS + 6) - 6);
  watch.screen.draw([...head, '', ...callLines(callRows(look, before, watch.order), rows, true, output.width)]);
}

/** Stops what still runs, and takes the last look. */
async function ended(gateway: Gateway, id: string): Promise<Look> {
  await gateway.json(`/v1/trace-session/${id}`, { method: 'PUT', body: { run: false } }).catch((error: unknown) => {
    if (error instanceof GatewayRefusal && error.code === 'SESSION_CONFLICT') return;
    if (error instanceof CliError)
      throw new CliError(error.exitCode, `the session could not be stopped: ${error.message}`, [
        `It may still run:  tracer sessions stop ${id}`,
      ]);
    throw error;
  });
  return lookAt(gateway, id, Date.now);
}

/** The closing words: totals, table, files; loss and missing nodes decide the exit code. */
function report(call: Call, running: Look | undefined, watch: Watch, look: Look): number {
  const { output } = call;
  if (output.json) output.document({ sessions: look.sessions, summary: look.summary });
  else showTotals(call, running, watch, look);
  const failed = Object.values(look.sessions).filter(({ state }) => state === 'failed');
  for (const { Id, reason } of failed) output.warn(`session ${Id} failed: ${reason ?? 'no reason given'}`);
  const lost = lostIn(look.sessions);
  if (lost > 0)
    output.warn(`${showCount(lost)} records were lost; trace fewer calls or pods, or give the agent larger buffers`);
  const { warnings } = watch.steady;
  for (const warning of warnings) output.warn(`not every node answered: ${warning}`);
  if (failed.length > 0) return EXIT.failed;
  return lost > 0 || warnings.size > 0 ? EXIT.incomplete : EXIT.ok;
}

function showTotals({ output, nowMs }: Call, running: Look | undefined, watch: Watch, look: Look): void {
  const sessions = Object.values(look.sessions);
  const events = sessions.reduce((sum, one) => sum + one.events, 0);
  const ran = showElapsed(nowMs() - watch.startedMs);
  output.line(output.bold(`${showCount(events)} events in ${ran}; ${lossLine(look, output)}`));
  const rows = callRows(look, undefined, watch.order);
  if (rows.length > 0)
    for (const line of callLines(rows, watch.top ?? SUMMARY_ROWS, false, output.width)) output.line(line);
  for (const { Node, counters } of look.summary.nodes)
    for (const [name, value] of Object.entries(counters))
      if (value !== 0) output.line(withoutControls(`${name}: ${showCount(value)} (${Node})`));
  for (const session of sessions) output.line(fileLine(session, running?.sessions[session.Id]?.Output?.[0]));
}

function fileLine({ file, Node, bytes, Id }: Sessions[string], path: string | undefined): string {
  if (file === undefined) return `session ${Id} on ${Node} wrote no file`;
  const where = path?.endsWith(file) === true ? path : file;
  return `file: ${where} (${showBytes(bytes)}, on ${Node});  tracer stats ${Id}  tracer events ${Id}`;
}
