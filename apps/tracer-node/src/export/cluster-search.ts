import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { COLLECTOR_SERVICES, collectorAmong } from './collector-url.js';

/** Where a pod finds who it is and whom to trust. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const DEADLINE_MS = 5000;

/**
 * Looks for a collector in the cluster that this pod runs in. Throws an Error in words when there is no cluster, its API
 * does not answer, or no collector is there.
 */
export async function searchCollector(
  env: Readonly<Record<string, string | undefined>>,
  account = ACCOUNT,
): Promise<string> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host === undefined) throw new Error('this is not a pod of a Kubernetes cluster');
  for (const name of COLLECTOR_SERVICES) {
    const selector = encodeURIComponent(`metadata.name=${name}`);
    const answer = await get({ host, port, account }, `/api/v1/endpoints?fieldSelector=${selector}`);
    const { items = [] } = JSON.parse(answer) as { items?: Parameters<typeof collectorAmong>[0] };
    const url = collectorAmong(items);
    if (url !== undefined) return url;
  }
  throw new Error(`the cluster has no service ${COLLECTOR_SERVICES.join(' or ')} with a collector port`);
}

function get(api: { host: string; port: string; account: string }, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = (name: string): string => readFileSync(join(api.account, name), 'utf8').trim();
    const call = request(
      {
        host: api.host,
        port: api.port,
        path,
        ca: read('ca.crt'),
        headers: { Authorization: `Bearer ${read('token')}`, Accept: 'application/json' },
        signal: AbortSignal.timeout(DEADLINE_MS),
      },
      (response) => {
        if (response.statusCode === 200) {
          text(response).then(resolve, reject);
        } else {
          response.resume();
          reject(new Error(`the Kubernetes API answered ${String(response.statusCode)}`));
        }
      },
    );
    call.once('error', reject).end();
  });
}
