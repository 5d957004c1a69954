import type { SessionDto } from '@tracer/dtos';
import { withoutControls } from '../control-characters.js';
import type { Call, Command } from './command.js';
import { CliError, EXIT } from './exit-codes.js';
import { containersOf, errorsShown, type Hooks, type Pods, type Sessions, type Summary } from './kernel-answers.js';
import { callLines, callRows, lossLine } from './live-view.js';
import { didYouMean } from './nearest.js';
import type { Output } from './output.js';
import { showBytes, showCount, showMoment } from './quantities.js';

/** 4 and a warning when nodes did not answer: a list must not look complete when it is not. */
export function completeness({ gateway, output }: Call): number {
  for (const warning of gateway.warnings) output.warn(`not every node answered: ${warning}`);
  return gateway.warnings.size > 0 ? EXIT.incomplete : EXIT.ok;
}

export const podsCommand: Command = {
  name: 'pods',
  summary: 'list what can be traced',
  usage: '[pattern]',
  operands: [0, 1],
  operandCompletion: 'pods',
  options: { all: { type: 'boolean', description: 'also the processes outside of containers (pod host)' } },
  async run(call) {
    const { gateway, output, given } = call;
    const pods = await gateway.json<Pods>('/v1/pods');
    const [pattern] = given.operands;
    const chosen = Object.entries(pods).filter(([name]) =>
      pattern === undefined
        ? given.flag('all') || name !== 'host' || Object.keys(pods).length === 1
        : matches(pattern, name),
    );
    if (output.json) {
      output.document(Object.fromEntries(chosen));
      return completeness(call);
    }
    const rows = chosen.flatMap(([pod, { Containers, namespace }]) =>
      Object.entries(Containers).map(([container, facts]) => ({ pod, container, namespace, facts })),
    );
    output.table(
      [
        { title: 'POD', value: ({ pod }) => pod, flexible: true },
        { title: 'CONTAINER', value: ({ container }) => container, flexible: true },
        { title: 'NODE', value: ({ facts }) => facts.node, flexible: true },
        { title: 'PROCESSES', right: true, value: ({ facts }) => String(facts.Tasks?.length ?? 0) },
        { title: 'NAMESPACE', value: ({ namespace }) => namespace ?? '', flexible: true },
        { title: 'IMAGE', value: ({ facts }) => facts.image ?? '', flexible: true },
      ],
      rows,
    );
    if (pattern !== undefined && chosen.length === 0)
      output.note(`no pod is called "${pattern}"; * and ? stand for what you do not know`);
    if (chosen.length < Object.keys(pods).length && pattern === undefined)
      output.note(
        `the pod "host" stands for ${Object.keys(pods['host']?.Containers ?? {}).length} programs outside of containers (--all)`,
      );
    return completeness(call);
  },
};

export const hooksCommand: Command = {
  name: 'hooks',
  summary: 'list how pods can be traced; with a name, its arguments',
  usage: '[hook]',
  operands: [0, 1],
  operandCompletion: 'hooks',
  options: {},
  async run(call) {
    const { gateway, output, given } = call;
    const groups = await gateway.json<Hooks>('/v1/trace-hooks');
    const [wanted] = given.operands;
    const hooks = Object.entries(groups).flatMap(([group, { Tracers }]) =>
      Object.values(Tracers).map((hook) => ({ group, hook })),
    );
    if (wanted !== undefined)
      return oneHook(
        call,
        hooks.map(({ hook }) => hook),
        wanted,
      );
    if (output.json) output.document(groups);
    else
      output.table(
        [
          { title: 'HOOK', value: ({ hook }) => hook.Name },
          { title: 'GROUP', value: ({ group }) => group },
          { title: 'WHAT', value: ({ hook }) => whatOf(hook), flexible: true },
        ],
        hooks,
      );
    for (const [group, { problem }] of Object.entries(groups))
      if (problem !== undefined) output.warn(`hooks of ${group}: ${problem}`);
    return completeness(call);
  },
};

type Hook = Hooks[string]['Tracers'][string];

function whatOf({ Description, unavailable }: Hook): string {
  return unavailable === undefined ? (Description[0] ?? '') : `NOT AVAILABLE: ${unavailable}`;
}

function oneHook(call: Call, hooks: readonly Hook[], wanted: string): number {
  const hook = hooks.find(({ Name }) => Name === wanted);
  if (hook === undefined)
    throw new CliError(
      EXIT.failed,
      `there is no hook "${wanted}"${didYouMean(
        wanted,
        hooks.map(({ Name }) => Name),
      )}`,
      ['tracer hooks   lists them'],
    );
  if (call.output.json) call.output.document(hook);
  else {
    for (const line of hook.Description) call.output.line(line);
    if (hook.unavailable !== undefined) call.output.warn(`not available: ${hook.unavailable}`);
    for (const [node, reason] of Object.entries(hook.unavailableOn ?? {}))
      call.output.warn(`not available on ${node}: ${reason}`);
  }
  return completeness(call);
}

/** `*` and `?` in names, for filtering a list that is here already. */
export function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

export const sessionsCommand: Command = {
  name: 'sessions list',
  summary: 'list sessions, finished ones too',
  usage: '',
  operands: [0, 0],
  options: {},
  async run(call) {
    const { gateway, output } = call;
    const sessions = await gateway.json<Sessions>('/v1/trace-session/all');
    if (output.json) {
      output.document(sessions);
      return completeness(call);
    }
    const rows = Object.values(sessions).sort((a, b) => (b.startedAt ?? Infinity) - (a.startedAt ?? Infinity));
    output.table(
      [
        { title: 'SESSION', value: ({ Id }) => Id },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'STARTED', value: ({ startedAt }) => showMoment(startedAt).slice(0, 19) },
        { title: 'EVENTS', right: true, value: ({ events }) => showCount(events) },
        { title: 'LOST', right: true, value: ({ lost }) => (lost === 0 ? '0' : showCount(lost)) },
        { title: 'FILE', right: true, value: ({ bytes }) => showBytes(bytes) },
        { title: 'NODE', value: ({ Node }) => Node, flexible: true },
        { title: 'HOOK', value: ({ TraceHook, TraceParams }) => [TraceHook, ...TraceParams].join(' '), flexible: true },
        { title: 'CONTAINERS', value: containersOf, flexible: true },
      ],
      rows,
    );
    if (rows.length === 0) output.note('no sessions; tracer run starts one');
    return completeness(call);
  },
};

function showSession(session: SessionDto, output: Output): void {
  const { Id, Node, state, reason, startedAt, stoppedAt, file } = session;
  output.line(output.bold(`${Id} on ${Node}: ${state}${reason === undefined ? '' : ` (${withoutControls(reason)})`}`));
  const facts: [string, string | undefined][] = [
    ['hook', [session.TraceHook, ...session.TraceParams].join(' ')],
    ['containers', containersOf(session)],
    ['context', session.Context === '' ? undefined : session.Context],
    ['time', startedAt === undefined ? undefined : `${showMoment(startedAt)} to ${showMoment(stoppedAt) || 'now'} UTC`],
    ['file', file === undefined ? undefined : `${file} (${showBytes(session.bytes)})`],
    ['exported spans', session.export && `${session.export.sent}, dropped ${session.export.dropped}`],
  ];
  for (const [name, text] of facts) if (text !== undefined) output.line(`${name}: ${withoutControls(text)}`);
}

export const showSessionCommand: Command = {
  name: 'sessions show',
  summary: 'one session: totals, calls, errors',
  usage: '<session>',
  operands: [1, 1],
  operandCompletion: 'sessions',
  options: { top: { type: 'string', value: 'N', description: 'rows of the table (default: all)' } },
  async run(call) {
    const { gateway, output, given } = call;
    const id = encodeURIComponent(given.operands[0] ?? '');
    const [sessions, summary] = await Promise.all([
      gateway.json<Sessions>(`/v1/trace-session/${id}`),
      gateway.json<Summary>(`/v1/trace-session/${id}/summary`),
    ]);
    if (output.json) {
      output.document({ sessions, summary });
      return completeness(call);
    }
    for (const session of Object.values(sessions)) showSession(session, output);
    const look = { atMs: call.nowMs(), sessions, summary };
    output.line(`events: ${showCount(summary.events)}; ${lossLine(look, output)}`);
    const lines = callLines(callRows(look, undefined, 'time'), given.count('top', 1) ?? Infinity, false, output.width);
    if (Object.keys(summary.calls).length > 0) for (const line of lines) output.line(line);
    const all = Object.values(summary.calls).map(({ errors }) => errorsShown(errors, Infinity));
    if (all.every((text) => text === '')) output.line('no call failed');
    return completeness(call);
  },
};

function changing(verb: 'stop' | 'delete'): (call: Call) => Promise<number> {
  return async (call) => {
    const { gateway, output, given } = call;
    const done: string[] = [];
    for (const id of given.operands) {
      const path = `/v1/trace-session/${encodeURIComponent(id)}`;
      if (verb === 'stop') await gateway.json(path, { method: 'PUT', body: { run: false } });
      else await gateway.json(path, { method: 'DELETE', query: given.flag('purge') ? { purge: 1 } : {} });
      done.push(id);
      if (!output.json) output.line(`${verb === 'stop' ? 'stopped' : 'deleted'} ${id}`);
    }
    if (output.json) output.document({ [verb === 'stop' ? 'stopped' : 'deleted']: done });
    return completeness(call);
  };
}

export const stopSessionCommand: Command = {
  name: 'sessions stop',
  summary: 'stop sessions; their files stay',
  usage: '<session>...',
  operands: [1, 1000],
  operandCompletion: 'sessions',
  options: {},
  run: changing('stop'),
};

export const deleteSessionCommand: Command = {
  name: 'sessions delete',
  summary: 'stop and forget sessions; "all" for all of them',
  usage: '<session>... [--purge]',
  operands: [1, 1000],
  operandCompletion: 'sessions',
  options: { purge: { type: 'boolean', description: 'delete their trace files as well' } },
  run: changing('delete'),
};
