import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import { EventCatalog } from '../event-format.js';
import { eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HARD_IRQ, HookStage, type World } from '../testing/hook-stage.js';
import { signalName, signalNumber, SIGNAL_NAMES } from './signal-names.js';
import { traceSignals } from './trace-signals.js';

const [USR1, USR2, TERM, KILL, ALRM] = [10, 12, 15, 9, 14];
/** Process 10 with the threads 10 and 11; 50 sends from outside. */
const world: World = {
  threads: new Map([
    [10, 10],
    [11, 10],
  ]),
  comms: new Map([
    [10, 'app'],
    [50, 'kill'],
  ]),
};

describe('trace_signals', () => {
  let tracefs: string;
  beforeAll(() => {
    tracefs = fakeTracefs();
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  const stage = (args = ''): HookStage => new HookStage(traceSignals, args, tracefs, world);
  interface Sending {
    to: number;
    sig: number;
    group?: number;
    result?: number;
    code?: number;
    flags?: number;
  }
  const send = (
    on: HookStage,
    atNs: number,
    by: number,
    { to, sig, group = 1, result = 0, code = 0, flags = 0 }: Sending,
  ): HookStage => on.at(atNs, by, 'signal/signal_generate', { sig, code, comm: 'app', pid: to, group, result }, flags);
  const deliver = (on: HookStage, atNs: number, tid: number, sig: number, handler = 0x5555): HookStage =>
    on.at(atNs, tid, 'signal/signal_deliver', { sig, sa_handler: handler });

  it('measures from the sender to the handler', () => {
    const on = stage();
    send(on, 100, 50, { to: 10, sig: USR1 });
    deliver(on, 150, 11, USR1);
    expect(on.lines).toEqual([
      {
        name: 'SIGUSR1',
        cat: 'signal',
        tid: 11,
        startNs: 100,
        endNs: 150,
        args: {
          number: 10,
          sent_by: 'thread',
          sender: 50,
          sender_comm: 'kill',
          code: 'SI_USER',
          to: 'process',
          delivered: true,
          action: 'handler',
          handler: '0x5555',
        },
      },
    ]);
  });

  it('names the interrupt of a timer', () => {
    const on = stage();
    send(on, 1, 0, { to: 10, sig: ALRM, code: 128, flags: HARD_IRQ });
    deliver(on, 2, 10, ALRM, 1);
    expect(on.lines[0]?.args).toMatchObject({ sent_by: 'interrupt', code: 'SI_KERNEL', action: 'ignore' });
    expect(on.lines[0]?.args).not.toHaveProperty('sender');
  });

  it('knows the name of a child that says good-bye', () => {
    const on = stage();
    on.at(1, 60, 'sched/sched_process_exit', { comm: 'ls', pid: 60 });
    send(on, 2, 60, { to: 10, sig: 17, code: 1 });
    send(on, 3, 61, { to: 10, sig: 17, code: 3 });
    deliver(on, 4, 10, 17);
    on.finish(5);
    expect(on.lines[0]?.args).toMatchObject({ sender: 60, sender_comm: 'ls', code: 'CLD_EXITED' });
    expect(on.lines[1]?.args).not.toHaveProperty('sender_comm');
    expect(on.lines[1]?.args).toMatchObject({ code: 'CLD_DUMPED' });
  });

  it('gives a signal for one thread to that thread only', () => {
    const on = stage();
    send(on, 1, 50, { to: 10, sig: USR1, group: 0, code: -6 });
    send(on, 2, 50, { to: 11, sig: USR1, group: 0, code: -6 });
    deliver(on, 10, 11, USR1);
    deliver(on, 20, 10, USR1);
    expect(on.spans).toEqual(['SIGUSR1 2-10', 'SIGUSR1 1-20']);
    expect(on.lines[0]?.args).toMatchObject({ to: 'thread', code: 'SI_TKILL' });
  });

  it('knows the signal behind the SIGKILL that ends all threads', () => {
    const on = stage();
    send(on, 1, 50, { to: 10, sig: USR1 });
    send(on, 2, 50, { to: 10, sig: TERM });
    deliver(on, 5, 10, KILL, 0);
    deliver(on, 6, 11, KILL, 0);
    expect(on.lines.map(({ name, startNs, endNs, tid }) => [name, startNs, endNs, tid])).toEqual([
      ['SIGTERM', 2, 5, 10],
      ['SIGKILL', 6, 6, 11],
    ]);
    expect(on.lines[0]?.args).toMatchObject({ delivered: true, action: 'end' });
    expect(on.lines[1]?.args).toEqual({ number: 9, sent: 'end of the process', action: 'end' });
    expect(on.decoder.unpaired).toBe(0);
  });

  it('takes a later process of the same number for another', () => {
    const on = stage();
    deliver(on, 5, 10, KILL, 0);
    send(on, 100, 50, { to: 10, sig: TERM });
    deliver(on, 110, 10, KILL, 0);
    expect(on.spans).toEqual(['SIGKILL 5-5', 'SIGTERM 100-110']);
  });

  it('shows what came to nothing, and what a thread of the session sends to others', () => {
    const on = stage();
    send(on, 1, 50, { to: 10, sig: USR2, result: 1 });
    send(on, 2, 50, { to: 10, sig: USR1, result: 2 });
    send(on, 3, 10, { to: 77, sig: TERM });
    send(on, 4, 10, { to: 77, sig: TERM, flags: HARD_IRQ });
    send(on, 5, 50, { to: 77, sig: TERM });
    expect(on.lines.map(({ name, tid, args }) => [name, tid, args['result'], args['receiver']])).toEqual([
      ['SIGUSR2 sent', 10, 'ignored', 10],
      ['SIGUSR1 sent', 10, 'already pending', 10],
      ['SIGTERM sent', 10, 'queued', 77],
    ]);
  });

  it('writes a delivery whose sending was lost, and a signal that never arrived', () => {
    const on = stage();
    deliver(on, 5, 10, USR1);
    send(on, 6, 50, { to: 10, sig: USR2, result: 4 });
    on.finish(9);
    expect(on.spans).toEqual(['SIGUSR1 5-5', 'SIGUSR2 6-9']);
    expect([on.lines[0]?.args['sent'], on.lines[1]?.args['delivered']]).toEqual(['not seen', false]);
    expect(on.decoder.unpaired).toBe(1);
  });

  it('writes the signals that were asked for', () => {
    const on = stage('-s usr1 9');
    send(on, 1, 50, { to: 10, sig: USR1 });
    send(on, 2, 50, { to: 10, sig: USR2 });
    deliver(on, 3, 10, USR2);
    deliver(on, 4, 10, USR1);
    send(on, 5, 10, { to: 77, sig: TERM });
    expect(on.spans).toEqual(['SIGUSR1 1-4']);
    expect(() => stage('-s SIGUSRR1')).toThrow(
      new TracerError(
        'HOOK_ARGUMENT_INVALID',
        'trace-arguments: -s, --signal: "SIGUSRR1" is no signal; did you mean "SIGUSR1"?',
      ),
    );
  });

  it('stays bounded when nothing is delivered', () => {
    const on = stage();
    for (let index = 0; index < 1000; index += 1) send(on, index, 50, { to: 10, sig: 34 });
    on.finish(2000);
    expect([on.lines.length, on.counts.get('signals forgotten')]).toEqual([128, 872]);
  });

  it('says which event a kernel lacks', () => {
    const events = eventsWithout('signal/signal_deliver');
    const poor = fakeTracefs(events);
    expect(traceSignals.unavailableBecause(new EventCatalog(poor))).toContain('signal/signal_deliver');
    removeFakeTracefs(poor);
  });
});

describe('names of signals', () => {
  it('are the numbers of this system', async () => {
    const { constants } = await import('node:os');
    for (const [name, number] of Object.entries(constants.signals)) {
      expect([name, signalNumber(name)]).toEqual([name, number]);
    }
  });

  it('come back from their numbers', () => {
    expect(SIGNAL_NAMES.map((name) => signalNumber(name))).toEqual(SIGNAL_NAMES.map((_, index) => index + 1));
    expect([signalName(0), signalName(65)]).toEqual(['signal 0', 'signal 65']);
  });

  it.each([
    ['usr1', 10],
    ['15', 15],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRT0', 32],
    ['0', undefined],
    ['65', undefined],
    ['RTMIN+40', undefined],
    ['SIG', undefined],
    ['', undefined],
  ])('%s is %s', (name, number) => {
    expect(signalNumber(name)).toBe(number);
  });
});
