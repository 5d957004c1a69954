import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig, settingsOf, VERSION, type ListenConfig } from '@tracer/service-kit';
import { APP_NAMES, APPS, type AppName } from './fixtures/apps.js';
import { kustomize, type KubeManifest } from './fixtures/kustomize.js';
import { schemaProblems } from './fixtures/schema.js';
import { mayReach } from './fixtures/network-policies.js';
import { environmentOf, one, selects, workloadsOf, type Workload } from './fixtures/workloads.js';

const K8S = 'deploy/k8s';
const OVERLAYS = {
  default: `${K8S}/overlays/default`,
  'single-node': `${K8S}/overlays/single-node`,
  production: `${K8S}/overlays/production`,
  'of everything': 'test/deploy/fixtures/everything',
} as const;
/** What the agent sees of its node, and whether it may write there. */
const AGENT_HOST_PATHS = {
  '/sys/kernel/tracing': 'rw',
  '/sys/fs/cgroup': 'ro',
  '/run/containerd': 'ro',
  '/var/lib/tracer': 'rw',
};
const MORE_HOST_PATHS: Readonly<Record<string, object>> = {
  'single-node': { '/var/lib/tracer-traces': 'rw' },
  'of everything': { '/run/crio': 'ro', '/run/k3s/containerd': 'ro' },
};
const FILLED = {
  token: 'x',
  url: 'postgres://tracer:x@postgres:5432/tracer',
  password: 'x',
  'spec.nodeName': 'worker-1',
  'metadata.name': 'pod-1',
  'metadata.namespace': 'tracer',
};

const ofKind = (objects: readonly KubeManifest[], kind: string): KubeManifest[] =>
  objects.filter((object) => object.kind === kind);

describe.each(Object.entries(OVERLAYS))('overlay %s', (overlay, directory) => {
  const objects = kustomize(directory);
  const workloads = workloadsOf(objects);
  const agent = one(workloads, 'tracer-node');

  it('is what the Kubernetes API takes, without a field it does not know', async () => {
    expect(await schemaProblems(objects)).toEqual([]);
  });

  it('stays in its namespace, with no rights beyond it', () => {
    const [namespace] = ofKind(objects, 'Namespace');
    for (const { kind, metadata } of objects) {
      expect(kind).not.toMatch(/^Cluster/);
      if (kind !== 'Namespace')
        expect([kind, metadata.name, metadata.namespace]).toEqual([kind, metadata.name, 'tracer']);
    }
    expect(namespace?.metadata.name).toBe('tracer');
    expect(ofKind(objects, 'Role').map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['pods', 'endpoints'], verbs: ['list', 'watch'] }],
    ]);
  });

  it('gives only the gateway a token of the cluster', () => {
    expect(workloads.filter(({ pod }) => pod.automountServiceAccountToken).map(({ name }) => name)).toEqual([
      'tracer-svc',
    ]);
  });

  it('gives the agent what it needs of its node, and no more', () => {
    const { container, pod } = agent;
    const seen = pod.volumes.flatMap(({ name, hostPath }) => {
      const mount = container.volumeMounts.find((candidate) => candidate.name === name);
      return hostPath === undefined ? [] : [[hostPath.path, mount?.readOnly === true ? 'ro' : 'rw']];
    });
    const local = MORE_HOST_PATHS[overlay] ?? {};
    expect(Object.fromEntries(seen)).toEqual({ ...AGENT_HOST_PATHS, ...local });
    expect(container.securityContext['capabilities']).toEqual({
      drop: ['ALL'],
      add: ['SYS_PTRACE', 'DAC_READ_SEARCH'],
    });
    expect(container.securityContext).toMatchObject({ privileged: false, allowPrivilegeEscalation: false });
    expect([pod.hostPID, pod.hostNetwork, pod.hostIPC]).toEqual([true, undefined, undefined]);
    expect(pod.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it('lets nothing else run with rights: no root, no capabilities, nothing of the node, nothing written outside volumes', () => {
    for (const { name, pod, container } of workloads) {
      expect([name, container.securityContext['readOnlyRootFilesystem']]).toEqual([name, true]);
      if (name === 'tracer-node') continue;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      const paths = pod.volumes.flatMap(({ hostPath }) => hostPath?.path ?? []);
      const expected = overlay === 'single-node' && name === 'trace-indexer' ? ['/var/lib/tracer-traces'] : [];
      expect([name, paths]).toEqual([name, expected]);
      expect([pod.hostPID, pod.hostNetwork]).toEqual([undefined, undefined]);
    }
  });

  it('bounds the memory of everything, says what it needs, and checks its health', () => {
    for (const { container } of workloads) {
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) expect(container).toHaveProperty(probe);
    }
  });

  it('takes a pod out of the service before it stops, and leaves it the time to stop', () => {
    for (const name of ['tracer-svc', 'span-api']) {
      const { container, pod } = one(workloads, name);
      expect(container.lifecycle).toEqual({ preStop: { exec: { command: ['sleep', '5'] } } });
      const { stopDeadlineMs } = loadConfig(APPS[name as AppName].Config as new () => ListenConfig, { env: {} });
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(5 + stopDeadlineMs / 1000);
    }
  });

  it('never restarts a service because another one is down', () => {
    for (const { name, container } of workloads) {
      const path = container.livenessProbe.httpGet?.path;
      // The /health of the span store is that of Zipkin, which speaks of its database.
      if (name === 'span-api') expect(path).toBe('/docs');
      else if (name !== 'postgres') expect(path).toBe('/health');
    }
  });

  it('refers to nothing that is not there', () => {
    const claims = ofKind(objects, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    const accounts = ofKind(objects, 'ServiceAccount').map(({ metadata }) => metadata.name);
    for (const { pod, container, spec, labels } of workloads) {
      const templates = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
      const names = [...pod.volumes.map(({ name }) => name), ...templates];
      for (const mount of container.volumeMounts) expect(names).toContain(mount.name);
      for (const { persistentVolumeClaim } of pod.volumes)
        if (persistentVolumeClaim !== undefined) expect(claims).toContain(persistentVolumeClaim.claimName);
      expect(accounts).toContain(pod.serviceAccountName);
      expect(selects(spec.selector, labels)).toBe(true);
    }
    for (const { metadata, spec } of ofKind(objects, 'Service')) {
      const { selector, ports } = spec as { selector: Record<string, string>; ports: { targetPort: string }[] };
      const behind = workloads.filter(({ labels }) => selects({ matchLabels: selector }, labels));
      expect([metadata.name, behind.map(({ name }) => name)]).toEqual([metadata.name, [metadata.name]]);
      for (const { targetPort } of ports)
        expect(behind[0]?.container.ports.map(({ name }) => name)).toContain(targetPort);
    }
  });

  it('runs the images of this version, with settings that they know and take', () => {
    for (const name of APP_NAMES) {
      const workload = one(workloads, name);
      expect(workload.container.image).toBe(`tracer/${name}:${VERSION}`);
      const env = environmentOf(workload, FILLED);
      const known = settingsOf(APPS[name].Config).flatMap((setting) => setting.env);
      expect(known).toEqual(expect.arrayContaining(Object.keys(env)));
      expect(() => loadConfig(APPS[name].Config as new () => object, { env })).not.toThrow();
    }
  });

  it('asks for secrets that the manual says how to make', () => {
    const manual = readFileSync('docs/deploy.md', 'utf8');
    // Not those that cert-manager keeps for itself.
    const others = objects.filter(({ apiVersion }) => !apiVersion.startsWith('cert-manager.io/'));
    for (const name of new Set(
      JSON.stringify(others).match(/(?<="secretName":"|"(?:secretKeyRef|credentials)":\{"name":")[^"]+/g),
    ))
      expect(manual).toContain(`secret ${name === 'tracer-svc-tls' ? 'tls' : 'generic'} ${name}`);
  });

  it('lets only the gateway reach the agents, and the span store the database', () => {
    const policies = ofKind(objects, 'NetworkPolicy');
    const reach = (to: Workload): string[] =>
      workloads
        .filter((from) => from !== to && mayReach(policies, from, to))
        .map(({ name }) => name)
        .sort();
    expect(reach(agent)).toEqual(['tracer-svc']);
    expect(reach(one(workloads, 'trace-indexer'))).toEqual(['tracer-svc']);
    if (overlay !== 'production') expect(reach(one(workloads, 'postgres'))).toEqual(['span-api']);
    expect(reach(one(workloads, 'tracer-svc'))).toEqual(expect.arrayContaining(['tracer-node']));
    expect(reach(one(workloads, 'span-api'))).toEqual(expect.arrayContaining(['tracer-svc']));
  });
});

describe('components', () => {
  const base = kustomize(`${K8S}/overlays/default`);

  it('are refused where the renderer of these tests would guess', () => {
    expect(() => kustomize(`${K8S}/components/local-traces`)).toThrow('no DaemonSet/tracer-node to patch');
  });

  it('all stand in the overlay of everything, but for the two kinds of place for trace files', () => {
    const everything = readFileSync('test/deploy/fixtures/everything/kustomization.yaml', 'utf8');
    for (const name of readdirSync(`${K8S}/components`))
      if (!['local-traces', 'tls-secret', 'agent-tls'].includes(name))
        expect(everything).toContain(`components/${name}\n`);
  });

  it('selinux gives the agent the type of processes of the node, and changes nothing else of its rights', () => {
    const [plain, labelled] = ['overlays/default', '../../test/deploy/fixtures/everything'].map(
      (path) => one(workloadsOf(kustomize(`${K8S}/${path}`)), 'tracer-node').container.securityContext,
    );
    expect(labelled).toEqual({ ...plain, seLinuxOptions: { type: 'spc_t' } });
  });

  it('agent-tls: each side has what the other one believes, and the probes speak TLS', () => {
    const objects = kustomize('test/deploy/fixtures/everything');
    const [agent, gateway] = ['tracer-node', 'tracer-svc'].map((name) => one(workloadsOf(objects), name));
    if (agent === undefined || gateway === undefined) throw new Error('the agent or the gateway is missing');
    const [agentEnv, gatewayEnv] = [environmentOf(agent, FILLED), environmentOf(gateway, FILLED)];
    const certificates = ofKind(objects, 'Certificate').map(({ spec }) => spec as { secretName: string });
    const named = (secretName: string): unknown => certificates.find((one) => one.secretName === secretName);
    expect(named('tracer-node-tls')).toMatchObject({ dnsNames: [gatewayEnv['TRACER_NODE_SERVER_NAME']] });
    expect(named('tracer-gateway-tls')).toMatchObject({ dnsNames: [agentEnv['TRACER_TLS_CLIENT_NAMES']] });
    const mounted = ({ pod, container }: Workload, path: string | undefined): string | undefined => {
      const mount = container.volumeMounts.find(({ mountPath }) => path?.startsWith(`${mountPath}/`));
      return pod.volumes.find(({ name }) => name === mount?.name)?.secret?.secretName;
    };
    for (const name of ['TRACER_TLS_CERT', 'TRACER_TLS_KEY', 'TRACER_TLS_CLIENT_CA'])
      expect([name, mounted(agent, agentEnv[name])]).toEqual([name, 'tracer-node-tls']);
    for (const name of ['TRACER_NODE_CA', 'TRACER_NODE_CLIENT_CERT', 'TRACER_NODE_CLIENT_KEY'])
      expect([name, mounted(gateway, gatewayEnv[name])]).toEqual([name, 'tracer-gateway-tls']);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
      expect(agent.container[probe].httpGet).toMatchObject({ scheme: 'HTTPS', path: expect.any(String) });
  });

  it('production collects the metrics of the gateway by TLS, those of the others without', () => {
    const monitors = ofKind(kustomize(`${K8S}/overlays/production`), 'ServiceMonitor');
    const schemes = monitors.map(({ metadata, spec }) => {
      const { endpoints } = spec as { endpoints: readonly { readonly scheme?: string }[] };
      return [metadata.name, endpoints.map(({ scheme = 'http' }) => scheme)];
    });
    expect(Object.fromEntries(schemes)).toEqual({ tracer: ['http'], 'tracer-node': ['http'], 'tracer-svc': ['https'] });
  });

  it('production serves TLS, also to the probes', () => {
    const { container } = one(workloadsOf(kustomize(`${K8S}/overlays/production`)), 'tracer-svc');
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
      expect(container[probe].httpGet).toEqual({ scheme: 'HTTPS', path: '/health', port: 'http' });
    expect(container.volumeMounts).toContainEqual({ name: 'tls', mountPath: '/tls', readOnly: true });
  });

  it('keep the gateway without state, more than one, and never all gone at once', () => {
    const { spec, pod } = one(workloadsOf(base), 'tracer-svc');
    expect(spec.replicas).toBe(2);
    expect(pod.volumes.filter((volume) => volume.persistentVolumeClaim)).toEqual([]);
    expect(ofKind(base, 'PodDisruptionBudget')[0]?.spec).toMatchObject({ minAvailable: 1 });
  });
});
