/**
 * Every route of the committed API documents, asked with parameters and bodies that are wrong in every way: the answer is
 * never a 5xx that the document does not promise, a failure is always one of the documented error bodies, and the services
 * are the same processes afterwards.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mutate, oddText, Random } from './random.mjs';
import { APPS, startSuite } from './started-suite.mjs';

const FIRST_PORT = 27580;
const AT_A_TIME = 8;
const DOCUMENTS = new URL('../../openapi/', import.meta.url);
const MOST_GROWTH_BYTES = 400 * 2 ** 20;
/** They end everything, answer as long as the client stays, or wait for the rest of the world. */
const LEFT_OUT = /^(DELETE \/v1\/trace-session\/\{id\}|POST \/api\/v1\/retention\/run)$/;
/** Failures of a machine, not of a service: no answer of a collector, an agent that is busy. */
const PROMISED_5XX = new Set(['NOT_READY', 'NODES_UNREACHABLE']);

function operations() {
  const all = new Map();
  for (const name of readdirSync(DOCUMENTS).filter((file) => file.endsWith('.json'))) {
    const { paths, components } = JSON.parse(readFileSync(new URL(name, DOCUMENTS), 'utf8'));
    for (const [path, methods] of Object.entries(paths))
      for (const [method, operation] of Object.entries(methods)) {
        const key = `${method.toUpperCase()} ${path}`;
        if (!LEFT_OUT.test(key))
          all.set(key, { key, method: method.toUpperCase(), path, operation, schemas: components?.schemas ?? {} });
      }
  }
  return [...all.values()];
}

const VALID = {
  string: ['read', 'a.pfw', '463ac35c9f6413ad', 'default'],
  integer: ['1', '0', '1000', '1795000000000000'],
  boolean: ['1', 'true'],
  array: ['a,b'],
};

function parameterValue({ schema = {} }, random) {
  if (schema.enum !== undefined && random.chance(0.3)) return String(random.pick(schema.enum));
  if (random.chance(0.35)) return random.pick(VALID[schema.type] ?? VALID.string);
  if (random.chance(0.1))
    return mutate(Buffer.from('[{"field":"dur","op":">=","value":5}]'), random).toString('latin1');
  return oddText(random);
}

function bodyOf({ operation, schemas }, random) {
  const content = operation.requestBody?.content ?? {};
  const [type = random.pick(['application/json', 'application/x-protobuf', 'application/x-thrift'])] =
    Object.keys(content);
  const sample = sampleOf(content[type]?.schema ?? {}, schemas, random, 0);
  const bytes = Buffer.from(JSON.stringify(sample ?? [{ traceId: '463ac35c9f6413ad', id: '1', name: 'x' }]));
  const odd = random.chance(0.15);
  return {
    type: odd
      ? oddText(random)
          .replace(/[^\x20-\x7e]/g, '')
          .slice(0, 200) || 'x/y'
      : type,
    bytes: random.chance(0.5) ? mutate(bytes, random) : bytes,
  };
}

/** A value that fits a schema more or less: half of the fields are what they should be. */
function sampleOf(schema, schemas, random, depth) {
  if (schema.$ref !== undefined)
    return sampleOf(schemas[schema.$ref.split('/').at(-1)] ?? {}, schemas, random, depth + 1);
  if (random.chance(0.15) || depth > 6)
    return random.pick([null, -1, 1e308, '', 'x', [], {}, true, oddText(random), [[]], { a: { b: {} } }]);
  if (schema.enum !== undefined) return random.pick(schema.enum);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(() => random.chance(0.6))
          .map(([name, one]) => [name, sampleOf(one, schemas, random, depth + 1)]),
      );
    case 'array':
      return Array.from({ length: random.below(4) }, () => sampleOf(schema.items ?? {}, schemas, random, depth + 1));
    case 'integer':
    case 'number':
      return random.pick([0, 1, 20, 1795000000000000, -5, 1.5, 2 ** 53, 1e30]);
    case 'boolean':
      return random.chance(0.5);
    default:
      return random.chance(0.5) ? random.pick(VALID.string) : oddText(random);
  }
}

function requestOf(route, random) {
  const { method, path, operation } = route;
  const url = [];
  const headers = {};
  let filled = path.replace(
    /\{(\w+)\}/g,
    () => encodeURIComponent(safe(random.chance(0.3) ? random.pick(VALID.string) : oddText(random))) || 'x',
  );
  for (const parameter of operation.parameters ?? []) {
    if (parameter.in === 'query' && random.chance(parameter.required ? 0.85 : 0.3)) {
      for (let times = random.chance(0.1) ? 3 : 1; times > 0; times--)
        url.push(`${parameter.name}=${escaped(parameterValue(parameter, random), random)}`);
    } else if (parameter.in === 'header' && random.chance(0.3))
      headers[parameter.name] = safeHeader(parameterValue(parameter, random));
  }
  if (random.chance(0.05)) url.push(escaped(oddText(random), random));
  if (url.length > 0) filled += `?${url.join('&')}`;
  if (method === 'GET' || method === 'DELETE') return { url: filled, init: { method, headers } };
  const { type, bytes } = bodyOf(route, random);
  headers['content-type'] = type;
  if (random.chance(0.05)) headers['content-encoding'] = random.pick(['gzip', 'deflate', 'br', 'x']);
  return { url: filled, init: { method, headers, body: bytes } };
}

const safe = (text) => text.toWellFormed?.() ?? text.replace(/[\ud800-\udfff]/g, '?');
const safeHeader = (text) => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
/** Mostly encoded as it should be, sometimes as it came, as far as a request line may hold it. */
function escaped(text, random) {
  return random.chance(0.9)
    ? encodeURIComponent(safe(text))
    : text.replace(
        /[^\x21-\x7e]|#/g,
        (character) => `%${(character.charCodeAt(0) & 255).toString(16).padStart(2, '0')}`,
      );
}

/** What is wrong with an answer; undefined when it is as it must be. */
async function problemWith(response) {
  const { status, headers } = response;
  const code = headers.get('x-tracer-error');
  const live = /event-stream/.test(headers.get('content-type') ?? '');
  const text = live ? '' : await bounded(response);
  if (live) await response.body?.cancel();
  if (status >= 500 && !PROMISED_5XX.has(code)) return `status ${status} (${code}): ${text.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (/json/.test(headers.get('content-type') ?? '')) {
    try {
      JSON.parse(text);
    } catch {
      return `status ${status} with a body that is no JSON: ${text.slice(0, 300)}`;
    }
  }
  if (/\n\s+at .*\.js:\d+/.test(text)) return `a stack trace in the answer: ${text.slice(0, 300)}`;
  return undefined;
}

/** At most 2 MiB of an answer, and half a second of one that goes on. */
async function bounded(response) {
  if (response.body === null) return '';
  const pieces = [];
  let length = 0;
  const reader = response.body.getReader();
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), response.ok ? 500 : 20_000);
  try {
    for (let piece = await reader.read(); !piece.done && length < 2 ** 21; piece = await reader.read()) {
      pieces.push(Buffer.from(piece.value));
      length += piece.value.length;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
  return Buffer.concat(pieces).toString();
}

export async function fuzzRoutes({ seed, forMs, log }) {
  const suite = await startSuite(FIRST_PORT, { TRACER_NODE_DEADLINE_MS: '20000' });
  try {
    const routes = operations();
    const pids = APPS.map((app) => suite.pidOf(app));
    const before = APPS.reduce((sum, app) => sum + suite.rss(app), 0);
    const result = {
      name: `${routes.length} routes of the API documents`,
      inputs: 0,
      refused: 0,
      finds: [],
      slowestMs: 0,
    };
    const untilMs = performance.now() + forMs;
    let number = 0;
    const lane = async () => {
      while (performance.now() < untilMs && result.finds.length < 5) await one(number++);
    };
    const one = async (at) => {
      const random = new Random((seed ^ Math.imul(at + 1, 0x9e3779b1)) >>> 0);
      const route = routes[at % routes.length];
      const { url, init } = requestOf(route, random);
      const startedAt = performance.now();
      let problem;
      try {
        const response = await fetch(suite.url + url, {
          ...init,
          redirect: 'manual',
          signal: AbortSignal.timeout(60_000),
        });
        problem = await problemWith(response);
        if (response.status >= 400) result.refused++;
      } catch (error) {
        problem = `no answer: ${error.cause?.message ?? error.message}`;
      }
      result.inputs++;
      result.slowestMs = Math.max(result.slowestMs, performance.now() - startedAt);
      if (problem !== undefined)
        result.finds.push({
          number: at,
          error: `${route.key}: ${problem}\n  ${init.method} ${url}\n  ${JSON.stringify(init.headers)}`,
          input: init.body?.toString('base64') ?? '',
        });
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
    const now = APPS.map((app) => suite.pidOf(app));
    if (JSON.stringify(now) !== JSON.stringify(pids))
      result.finds.push({ number, error: `a service died:\n${suite.said().slice(-3000)}`, input: '' });
    const growth = APPS.reduce((sum, app) => sum + suite.rss(app), 0) - before;
    if (growth > MOST_GROWTH_BYTES) result.finds.push({ number, error: `${growth} more bytes of memory`, input: '' });
    const defects = (suite.said().match(/"?INTERNAL"?/g) ?? []).length;
    if (defects > 0) log(`  ${defects} lines of the suite speak of INTERNAL`);
    result.more = ` (${(growth / 2 ** 20).toFixed(0)} MiB more memory)`;
    return result;
  } finally {
    await suite.stop();
  }
}
