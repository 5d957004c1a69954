/**
 * Runs and removes the pods of the lab over the CRI, as a kubelet would:
 *
 *   node cri-lab.mjs wait|up|down SOCKET pod|host LOGS
 *
 * `wait` ends when the runtime is ready; `up` prints a line per container: `container NAMESPACE/POD NAME ID`.
 */
import console from 'node:console';
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, URL } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const LABEL = 'cri-lab';
const IMAGE = 'lab.local/busybox:1';
const CALL_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 15_000;
const PODS = [
  {
    name: 'shop-web',
    namespace: 'shop',
    containers: {
      // A server with a child, and a client that keeps connecting.
      web: 'mkdir -p /www; echo ok >/www/index.html; sleep 2147483647 & exec httpd -f -p 127.0.0.1:38917 -h /www',
      probe: 'while :; do wget -q -O /dev/null http://127.0.0.1:38917/; usleep 50000; done',
    },
  },
  {
    name: 'batch-io',
    namespace: 'batch',
    containers: {
      // Blocks on their way to the disk, and many short processes.
      writer: 'while :; do dd if=/dev/zero of=/tmp/f bs=64k count=16 conv=fsync 2>/dev/null; usleep 100000; done',
      hasher: 'while :; do sha256sum /bin/busybox >/dev/null; usleep 20000; done',
    },
  },
];

const [command, socket, network, logs] = process.argv.slice(2);
const definition = loader.loadSync(fileURLToPath(new URL('cri.proto', import.meta.url)), {
  keepCase: true,
  enums: String,
  defaults: true,
});
const { RuntimeService } = grpc.loadPackageDefinition(definition).runtime.v1;
const runtime = new RuntimeService(`unix://${socket}`, grpc.credentials.createInsecure(), {
  'grpc.default_authority': 'localhost',
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 50,
});

function call(method, request) {
  return new Promise((resolve, reject) => {
    runtime[method](request, { deadline: Date.now() + CALL_TIMEOUT_MS }, (error, reply) => {
      if (error) reject(new Error(`${method}: ${error.message}`));
      else resolve(reply);
    });
  });
}

/** A runtime that has just started refuses calls, or refuses connections, for a moment. */
async function waitUntilReady() {
  const deadlineMs = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await call('ListPodSandbox', {});
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await sleep(50);
    }
  }
}

async function runPod({ name, namespace, containers }) {
  const uid = randomUUID();
  const namespaces = { network: network === 'host' ? 'NODE' : 'POD', pid: 'CONTAINER', ipc: 'POD' };
  const labels = {
    [LABEL]: '1',
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': uid,
  };
  const config = {
    metadata: { name, uid, namespace, attempt: 0 },
    hostname: network === 'host' ? '' : name,
    log_directory: `${logs}/${namespace}_${name}_${uid}`,
    labels: { ...labels, app: name },
    linux: {
      cgroup_parent: `/cri-lab/kubepods/besteffort/pod${uid}`,
      security_context: { namespace_options: namespaces },
    },
  };
  const { pod_sandbox_id } = await call('RunPodSandbox', { config });
  for (const [container, script] of Object.entries(containers)) {
    const { container_id } = await call('CreateContainer', {
      pod_sandbox_id,
      sandbox_config: config,
      config: {
        metadata: { name: container, attempt: 0 },
        image: { image: IMAGE },
        command: ['sh', '-c', script],
        labels: { ...labels, 'io.kubernetes.container.name': container },
        log_path: `${container}.log`,
        linux: { security_context: { namespace_options: namespaces } },
      },
    });
    await call('StartContainer', { container_id });
    console.log(`container ${namespace}/${name} ${container} ${container_id}`);
  }
}

async function removePods() {
  const { items } = await call('ListPodSandbox', { filter: { label_selector: { [LABEL]: '1' } } });
  await Promise.all(
    items.map(async ({ id }) => {
      await call('StopPodSandbox', { pod_sandbox_id: id });
      await call('RemovePodSandbox', { pod_sandbox_id: id });
    }),
  );
}

try {
  if (command === 'wait') await waitUntilReady();
  else if (command === 'up') await Promise.all(PODS.map(runPod));
  else await removePods();
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  runtime.close();
}
