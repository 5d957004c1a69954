/**
 * TCP sockets: how long they are in each state, their connections, and what goes wrong with them.
 *
 * ```
 *   client   CLOSE ─► SYN_SENT ─────► ESTABLISHED ─────────► FIN_WAIT1 ─► FIN_WAIT2 ─► CLOSE
 *            │         one event per state, named after it                               │
 *            └──────────────────────────── connection ───────────────────────────────────┘
 * ```
 *
 * Attribution: packets are handled in softirq, in the context of whatever thread runs, so the events are recorded for
 * the whole machine and every socket, known by its kernel address, is followed. Its lines are written once a thread of
 * the session touches it by a system call (connect, listen, close, shutdown), its past included. An accepted connection
 * that nobody touched until it was over, or until the session was, is given to the owner of the socket that listens on
 * its address and port (`"owner":"listener"`), provided that all sockets which do so are of the session: another network
 * namespace may use the same address.
 */
import type { DecoderContext, EventDecoder, NativeHook, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { describeOptions, parseArguments, TIME_OPTION, type NamesOption } from './arguments.js';
import { BoundedMap } from './bounded-map.js';
import { available, missingEvent, planOf } from './hook-plan.js';
import { inPacketHandling } from './irq-context.js';
import { livingTid } from './living-tid.js';
import { endpointOf, formatEndpoint, protocolName, stateName } from './socket-address.js';
import { TCP_CLOSE, TCP_LISTEN, TrackedSocket, type SocketOwner, type SocketSink } from './tracked-socket.js';

const STATE = 'sock/inet_sock_set_state';
/** Things that happen to a socket; the name of each in the trace. */
const INCIDENTS: Readonly<Record<string, string>> = {
  'tcp/tcp_retransmit_skb': 'retransmit',
  'tcp/tcp_receive_reset': 'reset received',
  'tcp/tcp_send_reset': 'reset sent',
  'tcp/tcp_probe': 'probe',
};
const EVENTS_OF = {
  retransmit: ['tcp/tcp_retransmit_skb'],
  reset: ['tcp/tcp_receive_reset', 'tcp/tcp_send_reset'],
  probe: ['tcp/tcp_probe'],
  packets: ['net/net_dev_queue', 'net/net_dev_xmit', 'net/netif_rx', 'net/netif_receive_skb'],
} as const;
type EventChoice = keyof typeof EVENTS_OF;
const CHOICES = Object.keys(EVENTS_OF) as EventChoice[];
const DEFAULT_CHOICES: readonly EventChoice[] = ['retransmit', 'reset'];

const EVENT: NamesOption = {
  kind: 'names',
  long: 'event',
  short: 'e',
  placeholder: 'EVENT',
  choices: CHOICES,
  help: 'what is traced beside states and connections, instead of retransmit and reset',
};
const OPTIONS = [EVENT, TIME_OPTION];
const MAX_SOCKETS = 8192;

/** States and connections of the TCP sockets of the followed threads. */
export const traceNet: NativeHook = {
  name: 'trace_net',
  description: [
    'Traces TCP sockets: time in each state, whole connections with addresses, retransmits and resets.',
    ...describeOptions(OPTIONS),
    'probe adds round trip time and window with every received segment; packets adds what passes the network devices',
    'while a followed thread runs. Both make many events. A socket belongs to the thread that opens or closes it, an',
    'accepted one that nobody closed to the thread that listens.',
  ],

  unavailableBecause: (catalog) => missingEvent(catalog, [STATE]),

  plan(args, catalog) {
    const parsed = parseArguments(args, OPTIONS);
    const asked = CHOICES.filter((choice) => parsed.names(EVENT).includes(choice));
    const choices = asked.length === 0 ? DEFAULT_CHOICES : asked;
    const hostEvents = choices.filter((choice) => choice !== 'packets').flatMap((choice) => EVENTS_OF[choice]);
    const events = choices.includes('packets') ? EVENTS_OF.packets : [];
    return planOf('trace_net', available(catalog, events), parsed, {}, [STATE, ...available(catalog, hostEvents)]);
  },

  decoder: (_plan, out, context) => new NetDecoder(out, context),
};

class NetDecoder implements EventDecoder {
  unpaired = 0;
  readonly #out: TraceSink;
  readonly #context: DecoderContext;
  readonly #lines: SocketSink;
  readonly #sockets = new BoundedMap<string, TrackedSocket>(MAX_SOCKETS);
  /** By protocol, address and port; several with SO_REUSEPORT or in several network namespaces. */
  readonly #listeners = new BoundedMap<string, Set<TrackedSocket>>(MAX_SOCKETS);
  #dropped = 0;

  constructor(out: TraceSink, context: DecoderContext) {
    this.#out = out;
    this.#context = context;
    this.#lines = {
      complete: out.complete.bind(out),
      instant: out.instant.bind(out),
      lineTid: ({ tid, pid }) => livingTid(context, tid, pid),
    };
  }

  onEvent(event: RawEvent): void {
    if (event.eventName === STATE) this.#onState(event);
    else if (event.eventName.startsWith('net/')) this.#onPacket(event);
    else this.#onIncident(event);
  }

  finish(atNs: number): void {
    for (const socket of this.#sockets.values()) this.#end(socket, atNs, true);
    const forgotten = this.#sockets.evicted + this.#listeners.evicted;
    if (forgotten > 0) this.#out.count('sockets forgotten', forgotten);
    if (this.#dropped > 0) this.#out.count('events of sockets forgotten', this.#dropped);
    this.#sockets.clear();
    this.#listeners.clear();
  }

  #onState(event: RawEvent): void {
    const key = event.hex('skaddr');
    const [from, to] = [event.int('oldstate'), event.int('newstate')];
    const socket = this.#sockets.get(key) ?? this.#track(event, key, from, to);
    // The port of a client is chosen on the way, so the addresses are read again with every event.
    socket.local = formatEndpoint(endpointOf(event, 's'));
    socket.remote = formatEndpoint(endpointOf(event, 'd'));
    this.#learnOwner(event, socket);
    socket.enter(to, event.atNs, this.#lines);
    if (to === TCP_LISTEN) this.#listen(socket);
    if (from === TCP_LISTEN && to === TCP_CLOSE) this.#unlisten(socket);
    if (to !== TCP_CLOSE) return;
    this.#end(socket, event.atNs, false);
    this.#sockets.take(key);
  }

  #track(event: RawEvent, key: string, from: number, to: number): TrackedSocket {
    // A connection is accepted as a copy of the listening socket, which still says LISTEN; that one itself only closes.
    const isAccepted = from === TCP_LISTEN && to !== TCP_CLOSE;
    const socket = new TrackedSocket(protocolName(event.int('protocol')), from, isAccepted, event.atNs);
    this.#sockets.set(key, socket);
    return socket;
  }

  #learnOwner(event: RawEvent, socket: TrackedSocket): void {
    if (inPacketHandling(event)) return;
    if (!this.#context.isTraced(event.tid)) {
      socket.foreign ||= socket.owner === undefined;
      return;
    }
    if (socket.owner === undefined) {
      if (socket.isLate) this.unpaired += 1;
      socket.owner = { tid: event.tid, pid: this.#context.tgidOf(event.tid) };
      socket.foreign = false;
      socket.flush(this.#lines);
    }
  }

  #end(socket: TrackedSocket, atNs: number, isOpen: boolean): void {
    socket.end(atNs, isOpen, socket.owner === undefined ? this.#ownerOfListener(socket) : undefined, this.#lines);
    if (socket.owner !== undefined) this.#dropped += socket.dropped;
  }

  #listen(socket: TrackedSocket): void {
    const key = listenerKey(socket.protocol, socket.local);
    const there = this.#listeners.get(key);
    if (there === undefined) this.#listeners.set(key, new Set([socket]));
    else there.add(socket);
  }

  #unlisten(socket: TrackedSocket): void {
    const key = listenerKey(socket.protocol, socket.local);
    const there = this.#listeners.get(key);
    // The last one stays known: connections outlive the socket that accepted them.
    if (there !== undefined && there.size > 1) there.delete(socket);
  }

  #ownerOfListener(socket: TrackedSocket): SocketOwner | undefined {
    const port = /\d+$/u.exec(socket.local)?.[0] ?? '';
    const keys = [socket.local, `[::]:${port}`, `0.0.0.0:${port}`].map((local) => listenerKey(socket.protocol, local));
    const listeners = keys.flatMap((key) => [...(this.#listeners.get(key) ?? [])]);
    return listeners.every(({ owner }) => owner !== undefined) ? listeners[0]?.owner : undefined;
  }

  #onIncident(event: RawEvent): void {
    const name = INCIDENTS[event.eventName] ?? event.eventName;
    const socket = this.#sockets.get(event.hex('skaddr'));
    if (socket !== undefined) {
      if (name === 'retransmit') socket.retransmits += 1;
      if (name.startsWith('reset')) socket.resets += 1;
      socket.note(name, event.atNs, detailsOf(event), this.#lines);
      return;
    }
    // A segment for a port where nobody listens is answered by a reset without a socket, in the context of the receiver
    // or, on the loopback device, of the sender.
    if (inPacketHandling(event) || !this.#context.isTraced(event.tid)) return;
    const [local, remote] = [formatEndpoint(endpointOf(event, 's')), formatEndpoint(endpointOf(event, 'd'))];
    const args = `"local":"${local}","remote":"${remote}"${detailsOf(event)}`;
    this.#out.instant(name, 'net', event.tid, event.atNs, args);
  }

  #onPacket(event: RawEvent): void {
    // Handled in softirq, a packet is rarely one of the thread that runs; `softirq` says so.
    const args =
      `"device":${JSON.stringify(event.text('name'))},"bytes":${event.int('len')},"skb":"${event.hex('skbaddr')}",` +
      `"softirq":${inPacketHandling(event)}`;
    this.#out.instant(event.eventName.slice('net/'.length), 'net', event.tid, event.atNs, args);
  }
}

function listenerKey(protocol: string, local: string): string {
  return `${protocol} ${local}`;
}

const NUMBERS = ['err', 'data_len', 'snd_cwnd', 'ssthresh', 'snd_wnd', 'srtt', 'rcv_wnd'];

/** What an event has to say beside the addresses, where this kernel's event has it. */
function detailsOf(event: RawEvent): string {
  const numbers = NUMBERS.filter((field) => event.format.find(field) !== undefined).map(
    (field) => `,"${field}":${event.json(field)}`,
  );
  const state = event.format.find('state') === undefined ? '' : `,"state":"${stateName(event.int('state'))}"`;
  const reason = event.format.find('reason') === undefined ? '' : `,"reason":${event.int('reason')}`;
  return `${state}${reason}${numbers.join('')}`;
}
