import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventCatalog } from '../event-format.js';
import { eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HookStage, SOFT_IRQ, type FieldValue, type World } from '../testing/hook-stage.js';
import { traceNet } from './trace-net.js';

const [US, OTHER, IDLE] = [10, 77, 0];
const BH_OFF = 0x80;
const world: World = { threads: new Map([[US, US]]) };
const [ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN] = [
  1, 2, 3, 4, 5, 7, 8, 9, 10,
];
const [AF_INET, AF_INET6] = [2, 10];
const LOCAL = [10, 0, 0, 1];
const REMOTE = [10, 0, 0, 2];
const ANY = [0, 0, 0, 0];

interface Ends {
  sport?: number;
  dport?: number;
  saddr?: readonly number[];
  daddr?: readonly number[];
}

describe('trace_net', () => {
  let tracefs: string;
  beforeAll(() => {
    tracefs = fakeTracefs();
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  const stage = (args = ''): HookStage => new HookStage(traceNet, args, tracefs, world);
  const v4 = ({ sport = 40000, dport = 80, saddr = LOCAL, daddr = REMOTE }: Ends): Record<string, FieldValue> => ({
    sport,
    dport,
    family: AF_INET,
    saddr,
    daddr,
  });
  const state = (
    on: HookStage,
    atNs: number,
    tid: number,
    socket: number,
    from: number,
    to: number,
    ends: Ends = {},
    flags = 0,
  ): HookStage =>
    on.at(
      atNs,
      tid,
      'sock/inet_sock_set_state',
      { skaddr: socket, oldstate: from, newstate: to, protocol: 6, ...v4(ends) },
      flags,
    );
  const server = { sport: 80, dport: 50000 };
  const connection = (on: HookStage): unknown => on.lines.find(({ name }) => name === 'connection');

  it('tells the life of a client connection, state by state', () => {
    const on = stage();
    state(on, 100, US, 1, CLOSE, SYN_SENT, { sport: 0 });
    state(on, 150, IDLE, 1, SYN_SENT, ESTABLISHED, {}, SOFT_IRQ);
    state(on, 300, US, 1, ESTABLISHED, FIN_WAIT1);
    state(on, 310, OTHER, 1, FIN_WAIT1, FIN_WAIT2, {}, SOFT_IRQ);
    state(on, 320, OTHER, 1, FIN_WAIT2, CLOSE, {}, SOFT_IRQ);
    on.finish(400);
    expect(on.spans).toEqual([
      'SYN_SENT 100-150',
      'ESTABLISHED 150-300',
      'FIN_WAIT1 300-310',
      'FIN_WAIT2 310-320',
      'connection 100-320',
    ]);
    expect(on.lines[1]).toMatchObject({
      tid: US,
      cat: 'net',
      args: { protocol: 'tcp', local: '10.0.0.1:40000', remote: '10.0.0.2:80', next: 'FIN_WAIT1' },
    });
    expect(on.lines[4]?.args).toMatchObject({
      role: 'client',
      established: true,
      connect_ns: 50,
      owner: 'thread',
      open: false,
    });
  });

  it('shows a connection that was refused', () => {
    const on = stage();
    state(on, 100, US, 1, CLOSE, SYN_SENT);
    on.at(150, IDLE, 'tcp/tcp_receive_reset', { skaddr: 1, ...v4({}) }, SOFT_IRQ);
    state(on, 151, IDLE, 1, SYN_SENT, CLOSE, {}, SOFT_IRQ);
    expect(on.spans).toEqual(['SYN_SENT 100-151', 'connection 100-151'].toSpliced(0, 0, 'reset received 150-150'));
    expect(connection(on)).toMatchObject({ args: { established: false, resets: 1, role: 'client' } });
  });

  it('knows its own accepted connections by the thread that closes them, with their past', () => {
    const on = stage();
    state(on, 10, US, 1, CLOSE, LISTEN, { sport: 80, saddr: ANY });
    state(on, 100, IDLE, 2, LISTEN, SYN_RECV, server, SOFT_IRQ);
    state(on, 110, IDLE, 2, SYN_RECV, ESTABLISHED, server, SOFT_IRQ);
    state(on, 500, IDLE, 2, ESTABLISHED, CLOSE_WAIT, server, SOFT_IRQ);
    expect(on.lines).toEqual([]);
    state(on, 600, US, 2, CLOSE_WAIT, LAST_ACK, server);
    state(on, 610, IDLE, 2, LAST_ACK, CLOSE, server, SOFT_IRQ);
    expect(on.spans).toEqual([
      'SYN_RECV 100-110',
      'ESTABLISHED 110-500',
      'CLOSE_WAIT 500-600',
      'LAST_ACK 600-610',
      'connection 100-610',
    ]);
    expect(connection(on)).toMatchObject({ tid: US, args: { role: 'server', connect_ns: 10, owner: 'thread' } });
    expect(on.decoder.unpaired).toBe(0);
  });

  it('gives a connection that nobody closed to the one who listens', () => {
    const on = stage();
    state(on, 10, US, 1, CLOSE, LISTEN, { sport: 80, saddr: ANY });
    state(on, 100, IDLE, 2, LISTEN, ESTABLISHED, server, SOFT_IRQ);
    state(on, 200, IDLE, 2, ESTABLISHED, CLOSE, server, SOFT_IRQ);
    state(on, 300, IDLE, 3, LISTEN, ESTABLISHED, { ...server, dport: 50001 }, BH_OFF);
    on.finish(400);
    expect(
      on.lines.filter(({ name }) => name === 'connection').map(({ tid, args }) => [tid, args['owner'], args['open']]),
    ).toEqual([
      [US, 'listener', false],
      [US, 'listener', true],
    ]);
  });

  it('does not when somebody else listens there too, or closes it', () => {
    const on = stage();
    state(on, 10, US, 1, CLOSE, LISTEN, { sport: 80, saddr: ANY });
    state(on, 20, OTHER, 9, CLOSE, LISTEN, { sport: 80, saddr: ANY });
    state(on, 100, IDLE, 2, LISTEN, ESTABLISHED, server, SOFT_IRQ);
    state(on, 200, IDLE, 2, ESTABLISHED, CLOSE, server, SOFT_IRQ);
    state(on, 250, OTHER, 9, LISTEN, CLOSE, { sport: 80, saddr: ANY });
    state(on, 300, IDLE, 3, LISTEN, ESTABLISHED, server, SOFT_IRQ);
    state(on, 400, OTHER, 3, ESTABLISHED, FIN_WAIT1, server);
    state(on, 500, IDLE, 3, FIN_WAIT1, CLOSE, server, SOFT_IRQ);
    expect(on.lines).toEqual([]);
  });

  it('leaves the sockets of others alone', () => {
    const on = stage();
    state(on, 1, OTHER, 1, CLOSE, SYN_SENT);
    state(on, 2, US, 1, SYN_SENT, ESTABLISHED, {}, SOFT_IRQ);
    on.at(3, US, 'tcp/tcp_retransmit_skb', { skaddr: 1, ...v4({}) }, SOFT_IRQ);
    state(on, 4, OTHER, 1, ESTABLISHED, CLOSE);
    on.finish(5);
    expect([on.lines, on.decoder.unpaired]).toEqual([[], 0]);
  });

  it('adopts a connection from before the session when it is closed', () => {
    const on = stage();
    state(on, 100, US, 1, ESTABLISHED, FIN_WAIT1);
    state(on, 120, IDLE, 1, FIN_WAIT1, CLOSE, {}, SOFT_IRQ);
    expect(on.spans).toEqual(['FIN_WAIT1 100-120']);
    expect(on.decoder.unpaired).toBe(1);
  });

  it('shows retransmits with what the kernel says about them', () => {
    const on = stage();
    state(on, 1, US, 1, CLOSE, SYN_SENT);
    on.at(5, IDLE, 'tcp/tcp_retransmit_skb', { skaddr: 1, state: SYN_SENT, err: -101, ...v4({}) }, SOFT_IRQ);
    on.finish(9);
    expect(on.lines[0]).toMatchObject({ name: 'retransmit', tid: US, args: { state: 'SYN_SENT', err: -101 } });
    expect(on.lines.find(({ name }) => name === 'SYN_SENT')?.args).toMatchObject({ open: true });
    expect(connection(on)).toMatchObject({ args: { retransmits: 1, open: true } });
  });

  it('reads whole socket addresses', () => {
    const on = stage();
    const v6 = (port: number, last: number): number[] => [
      AF_INET6,
      0,
      port >> 8,
      port & 255,
      0,
      0,
      0,
      0,
      ...Array.from({ length: 15 }, () => 0),
      last,
      0,
      0,
      0,
      0,
    ];
    const fields = { skaddr: 0, state: 0, reason: 1, saddr: v6(20312, 1), daddr: v6(45730, 2) };
    on.at(5, US, 'tcp/tcp_send_reset', fields);
    on.at(6, US, 'tcp/tcp_send_reset', fields, SOFT_IRQ);
    expect(on.lines).toHaveLength(1);
    expect(on.lines[0]?.args).toMatchObject({ local: '[::1]:20312', remote: '[::2]:45730', reason: 1 });
  });

  it('reads addresses of version 6', () => {
    const on = stage();
    const one = [...Array.from({ length: 15 }, () => 0), 1];
    const ends = { sport: 1, dport: 2, family: AF_INET6, saddr: [127, 0, 0, 6], saddr_v6: one, daddr_v6: one };
    on.at(1, US, 'sock/inet_sock_set_state', { skaddr: 1, oldstate: CLOSE, newstate: SYN_SENT, protocol: 6, ...ends });
    on.finish(2);
    expect(on.lines[0]?.args).toMatchObject({ local: '[::1]:1', remote: '[::1]:2' });
  });

  it('adds packets when asked, in the context they were seen in', () => {
    const on = stage('-e packets');
    expect(on.plan).toMatchObject({ events: ['net/net_dev_queue'], hostEvents: ['sock/inet_sock_set_state'] });
    on.at(1, US, 'net/net_dev_queue', { skbaddr: 255, len: 74, name: 'eth0' }, BH_OFF);
    expect(on.lines[0]).toMatchObject({
      name: 'net_dev_queue',
      args: { device: 'eth0', bytes: 74, skb: '0xff', softirq: true },
    });
  });

  it('stays bounded', () => {
    const on = stage();
    for (let socket = 1; socket <= 10_000; socket += 1) state(on, socket, US, socket, CLOSE, SYN_SENT);
    on.finish(20_000);
    expect(on.lines.filter(({ name }) => name === 'connection')).toHaveLength(8192);
    expect(on.counts.get('sockets forgotten')).toBe(10_000 - 8192);
    const late = stage();
    for (let index = 0; index < 100; index += 1) {
      late.at(
        index,
        IDLE,
        'sock/inet_sock_set_state',
        { skaddr: 1, oldstate: SYN_RECV, newstate: ESTABLISHED, protocol: 6, ...v4({}) },
        SOFT_IRQ,
      );
    }
    state(late, 200, US, 1, ESTABLISHED, FIN_WAIT1);
    late.finish(300);
    expect(late.counts.get('events of sockets forgotten')).toBeGreaterThan(50);
  });

  it('says which event a kernel lacks, and does without the others', () => {
    const events = eventsWithout('sock/inet_sock_set_state');
    const poor = fakeTracefs(events);
    expect(traceNet.unavailableBecause(new EventCatalog(poor))).toContain('sock/inet_sock_set_state');
    removeFakeTracefs(poor);
    const plan = traceNet.plan(['-e', 'probe', 'retransmit'], new EventCatalog(tracefs));
    expect(plan.hostEvents).toEqual(['sock/inet_sock_set_state', 'tcp/tcp_retransmit_skb']);
  });
});
