/**
 * Health check of the images: exit code 0 when the app in this container answers `GET /health` with 200. Finds the port
 * where the app does, in its environment; an address that is set by flag must be repeated in TRACER_HEALTH_URL. With TLS
 * the certificate is not checked: this asks the process next door, whose certificate names the outside.
 */
import http from 'node:http';
import https from 'node:https';

const DEADLINE_MS = 3_000;

const { TRACER_HEALTH_URL, TRACER_INDEXER_PORT, ...env } = process.env;
const address = env.TRACE_KUBE_API_ADDRESS ?? env.TRACER_API_ADDRESS ?? env.TRACER_SPAN_API_ADDRESS;
const port = TRACER_INDEXER_PORT ?? address?.split(':').at(-1);
const candidates = TRACER_HEALTH_URL
  ? [TRACER_HEALTH_URL]
  : ['http', 'https'].map((scheme) => `${scheme}://127.0.0.1:${port}/health`);

/** Resolves with what is wrong, or undefined. */
function problemOf(url) {
  const { get } = url.startsWith('https:') ? https : http;
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, signal: AbortSignal.timeout(DEADLINE_MS) };
    const call = get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `${url}: status ${response.statusCode}`);
    });
    call.once('error', ({ message }) => resolve(`${url}: ${message}`));
  });
}

const problems = await Promise.all(candidates.map(problemOf));
if (problems.includes(undefined)) process.exit(0);
console.error(problems.join('\n'));
process.exit(1);
