import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { settingsOf } from '@tracer/service-kit';
import { load } from 'js-yaml';
import { APP_NAMES, APPS } from './fixtures/apps.js';
import { kustomize } from './fixtures/kustomize.js';
import { one, workloadsOf } from './fixtures/workloads.js';

interface Service {
  readonly image: string;
  readonly hostname?: string;
  readonly profiles: readonly string[];
  readonly build?: { readonly target: string };
  readonly environment: Readonly<Record<string, string | number | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly pid?: string;
  readonly network_mode?: string;
}

const text = readFileSync('docker-compose.yml', 'utf8');
const { services, networks } = load(text) as {
  services: Readonly<Record<string, Service>>;
  networks: Readonly<Record<string, { readonly internal?: boolean }>>;
};
const dockerfile = readFileSync('Dockerfile', 'utf8');
const service = (name: string): Service => {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
};

describe('docker-compose.yml', () => {
  it('runs the four apps and a database', () => {
    expect(Object.keys(services).sort()).toEqual([...APP_NAMES, 'postgres'].sort());
    for (const name of APP_NAMES) expect(service(name).build?.target).toBe(name);
    expect(service('tracer-node').profiles).toEqual(['agent']);
    for (const [name, { profiles }] of Object.entries(services))
      if (name !== 'tracer-node') expect([name, profiles]).toEqual([name, ['suite']]);
  });

  it('names containers so that they are known in the list of pods', () => {
    for (const [name, { hostname }] of Object.entries(services)) expect(hostname).toBe(name);
  });

  it('publishes the ports that clients of the published systems use, on loopback', () => {
    const published = Object.entries(services).flatMap(([name, { ports = [] }]) =>
      ports.map((port): [string, string] => [name, port]),
    );
    for (const [, port] of published) expect(port).toMatch(/^\$\{TRACER_(AGENT_)?BIND:-127\.0\.0\.1\}:\d+:\d+$/);
    const outside = published.map(([name, port]) => `${String(port.split(':').at(-2))} ${name}`);
    expect(outside.sort()).toEqual([
      '4317 span-api',
      '4318 span-api',
      '8000 trace-indexer',
      '8080 tracer-svc',
      '8081 tracer-node',
      '8263 span-api',
      '9411 span-api',
    ]);
    for (const [name, port] of published)
      expect(dockerfile).toMatch(new RegExp(`AS ${name}\\n[^]*?EXPOSE ${String(port.split(':').at(-1))}\\n`));
  });

  it('keeps the agent to the gateway and the database to the span store', () => {
    const members = (network: string): string[] =>
      Object.keys(services).filter((name) => service(name).networks.includes(network));
    expect(members('agents')).toEqual(['tracer-node', 'tracer-svc']);
    expect(members('database')).toEqual(['postgres', 'span-api']);
    expect(networks['database']).toEqual({ internal: true });
  });

  it('runs nothing privileged; the agent has the capabilities that it has in a cluster', () => {
    const { container } = one(workloadsOf(kustomize('deploy/k8s/overlays/default')), 'tracer-node');
    const { add } = container.securityContext['capabilities'] as { add: string[] };
    expect(service('tracer-node').cap_add).toEqual(add);
    for (const name of APP_NAMES) {
      const { cap_drop, cap_add = [], privileged, read_only, network_mode, pid } = service(name);
      expect([name, privileged, cap_drop, read_only, network_mode]).toEqual([
        name,
        undefined,
        ['ALL'],
        true,
        undefined,
      ]);
      if (name !== 'tracer-node') expect([name, cap_add, pid]).toEqual([name, [], undefined]);
    }
  });

  it('shows the agent what it shows it in a cluster, and the indexer the trace files for reading', () => {
    expect(service('tracer-node').volumes).toEqual([
      '/sys/kernel/tracing:/sys/kernel/tracing',
      '/sys/fs/cgroup:/sys/fs/cgroup:ro',
      '${TRACER_RUNTIME_DIR:-/run/containerd}:/run/containerd:ro',
      'traces:/traces',
      'sessions:/var/lib/tracer',
    ]);
    expect(service('trace-indexer').volumes).toContain('traces:/traces:ro');
  });

  it('sets only what the apps know', () => {
    for (const name of APP_NAMES) {
      const known = settingsOf(APPS[name].Config).flatMap(({ env }) => env);
      expect(known).toEqual(expect.arrayContaining(Object.keys(service(name).environment)));
    }
  });

  it('with deploy/docker/tls.yml serves TLS on every port, and the gateway speaks it to all', () => {
    const { services: more } = load(readFileSync('deploy/docker/tls.yml', 'utf8')) as {
      services: Readonly<Record<string, Pick<Service, 'environment' | 'volumes'>>>;
    };
    const published = Object.keys(services).filter((name) => service(name).ports !== undefined);
    expect(Object.keys(more).sort()).toEqual(published.sort());
    for (const [name, { environment, volumes }] of Object.entries(more)) {
      const known = settingsOf(APPS[name as keyof typeof APPS].Config).flatMap(({ env }) => env);
      expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
      expect(environment).toMatchObject({ TRACER_TLS_CERT: '/tls/tls.crt', TRACER_TLS_KEY: '/tls/tls.key' });
      expect(volumes).toEqual([expect.stringMatching(/^\$\{TRACER_TLS_DIR(:\?is missing)?\}:\/tls:ro$/)]);
    }
    const { environment } = service('tracer-svc');
    for (const name of ['TRACER_INDEXER_URL', 'TRACER_SPAN_API_URL'])
      expect(more['tracer-svc']?.environment[name]).toBe(String(environment[name]).replace('http:', 'https:'));
  });

  it('has no password of its own, and says how to get one', () => {
    expect(text).toMatch(
      /POSTGRES_PASSWORD: '\$\{TRACER_DB_PASSWORD:\?is missing; run: sh deploy\/docker\/make-env.sh\}'/,
    );
    expect(readFileSync('.gitignore', 'utf8')).toMatch(/^\.env$/m);
  });

  it('explains in .env.example every variable that has no sensible default', () => {
    const explained = readFileSync('.env.example', 'utf8');
    const withoutDefault = [...text.matchAll(/\$\{(\w+)(?::\?[^}]*)?\}/g)].map(([, name]) => String(name));
    for (const name of new Set(withoutDefault)) expect(explained).toMatch(new RegExp(`^${name}=generated$`, 'm'));
  });
});

describe('the images', () => {
  it('end on SIGTERM: the process that gets it is Node itself', () => {
    const entries = dockerfile.match(/^ENTRYPOINT .*$/gm) ?? [];
    expect(entries).toHaveLength(4);
    for (const entry of entries) expect(entry).toMatch(/^ENTRYPOINT \["node", "dist\/apps\/[a-z-]+\/src\/main\.js"\]$/);
  });

  it('run as nobody special but for the agent, which is root', () => {
    const stages = dockerfile.split(/^FROM /m);
    const users = Object.fromEntries(
      stages.map((stage) => [/AS ([\w-]+)/.exec(stage)?.[1] ?? '', /^USER (.*)$/m.exec(stage)?.[1]]),
    );
    expect(users).toMatchObject({ runtime: '1000:1000', 'tracer-node': '0:0' });
    for (const name of APP_NAMES) if (name !== 'tracer-node') expect([name, users[name]]).toEqual([name, undefined]);
  });
});

describe('make-env.sh', () => {
  const directory = mkdtempSync(join(tmpdir(), 'make-env-'));
  const script = join(directory, 'deploy/docker/make-env.sh');
  const env = join(directory, '.env');
  const run = (...args: string[]): string => execFileSync('sh', [script, ...args], { encoding: 'utf8', stdio: 'pipe' });
  const read = (): Record<string, string> =>
    Object.fromEntries(
      [...readFileSync(env, 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
  mkdirSync(join(directory, 'deploy/docker'), { recursive: true });
  cpSync('deploy/docker/make-env.sh', script);
  cpSync('.env.example', join(directory, '.env.example'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('makes secrets that nobody else has, in a file that nobody else reads', () => {
    expect(run()).toBe('made .env: everything is published on 127.0.0.1\n');
    const made = read();
    expect(made).toMatchObject({ TRACER_BIND: '127.0.0.1', COMPOSE_PROFILES: 'suite,agent' });
    expect(made['TRACER_DB_PASSWORD']).toMatch(/^[0-9a-f]{48}$/);
    expect(made['TRACER_NODE_TOKEN']).toMatch(/^[0-9a-f]{48}$/);
    expect(made['TRACER_NODE_TOKEN']).not.toBe(made['TRACER_DB_PASSWORD']);
    expect(made).not.toHaveProperty('TRACER_TOKENS');
    expect(statSync(env).mode & 0o777).toBe(0o600);
  });

  it('leaves an .env alone', () => {
    const before = readFileSync(env, 'utf8');
    expect(() => run('0.0.0.0')).toThrow('.env exists already; nothing was changed');
    expect(readFileSync(env, 'utf8')).toBe(before);
  });

  it('for other machines makes a token, keeps only its hash and shows it once', () => {
    rmSync(env);
    const [, token = ''] = /shown only now: ([0-9a-f]{48})\n$/.exec(run('0.0.0.0')) ?? [];
    const made = read();
    const hash = execFileSync('sha256sum', { input: token, encoding: 'utf8' }).slice(0, 64);
    expect(made).toMatchObject({
      TRACER_BIND: '0.0.0.0',
      TRACER_AGENT_BIND: '0.0.0.0',
      TRACER_TOKENS: `admin admin sha256:${hash}`,
      TRACER_SERVICES_TOKEN: made['TRACER_NODE_TOKEN'],
    });
    expect(readFileSync(env, 'utf8')).not.toContain(token);
  });
});
