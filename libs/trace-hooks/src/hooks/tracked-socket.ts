import type { TraceSink } from '../native-hook.js';
import { stateName } from './socket-address.js';

export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_CLOSE = 7;
export const TCP_LISTEN = 10;

/** A connection of nobody we know may become one of ours late; this much of its life is kept until then. */
const MAX_PENDING = 16;

export interface SocketOwner {
  readonly tid: number;
  readonly pid: number;
}

/** Where the lines of sockets go, for threads that may have ended. */
export type SocketSink = Pick<TraceSink, 'complete' | 'instant'> & { lineTid(owner: SocketOwner): number };

interface Line {
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number | undefined;
  readonly args: string;
}

/** One socket of the machine, from the first event that names it. */
export class TrackedSocket {
  /** Whose it is: the thread of the session that touched it by a system call. */
  owner: SocketOwner | undefined;
  /** Touched by a thread outside of the session, and by none inside so far: its past is not kept. */
  foreign = false;
  /** `10.0.0.1:80` */
  local = '';
  remote = '';
  retransmits = 0;
  resets = 0;
  /** Lines that could not be kept while it had no owner. */
  dropped = 0;
  #state: number;
  /** Undefined if the state began before the socket was seen. */
  #sinceNs: number | undefined;
  #establishedNs: number | undefined;
  #role: 'client' | 'server' | 'unknown';
  readonly #bornNs: number | undefined;
  readonly #protocol: string;
  #pending: Line[] = [];

  /**
   * @param state the state it leaves with its first event; CLOSE and, for a copy of a listening socket, LISTEN are births
   * @param isAccepted whether it is such a copy
   */
  constructor(protocol: string, state: number, isAccepted: boolean, atNs: number) {
    const isBirth = state === TCP_CLOSE || isAccepted;
    this.#protocol = protocol;
    this.#state = isAccepted ? TCP_CLOSE : state;
    this.#sinceNs = isBirth ? atNs : undefined;
    this.#bornNs = this.#sinceNs;
    this.#role = isAccepted ? 'server' : 'unknown';
  }

  get protocol(): string {
    return this.#protocol;
  }

  /** Whether the beginning of the state it is in was not seen. */
  get isLate(): boolean {
    return this.#sinceNs === undefined;
  }

  /** Leaves the state it is in. */
  enter(state: number, atNs: number, out: SocketSink): void {
    this.#endState(atNs, `"next":"${stateName(state)}"`, out);
    this.#state = state;
    this.#sinceNs = atNs;
    if (state === TCP_SYN_SENT) this.#role = 'client';
    if (state === TCP_ESTABLISHED) this.#establishedNs ??= atNs;
  }

  /** Something that happened to it. */
  note(name: string, atNs: number, details: string, out: SocketSink): void {
    this.#write({ name, startNs: atNs, endNs: undefined, args: `${this.#addresses()}${details}` }, out);
  }

  /**
   * The end of its life, or of what is seen of it.
   *
   * @param guess whose it is if no thread of the session ever touched it: the owner of the listening socket
   */
  end(atNs: number, isOpen: boolean, guess: SocketOwner | undefined, out: SocketSink): void {
    if (isOpen) this.#endState(atNs, '"open":true', out);
    const ownerBy = this.owner === undefined ? 'listener' : 'thread';
    if (!this.foreign) this.owner ??= guess;
    this.#endConnection(atNs, `"owner":"${ownerBy}","open":${isOpen}`, out);
    this.flush(out);
  }

  /** Writes what was kept, now that it has an owner. */
  flush(out: SocketSink): void {
    if (this.owner === undefined) return;
    for (const line of this.#pending) this.#write(line, out);
    this.#pending = [];
  }

  #endState(atNs: number, ending: string, out: SocketSink): void {
    if (this.#sinceNs === undefined || this.#state === TCP_CLOSE) return;
    const args = `${this.#addresses()},${ending}`;
    this.#write({ name: stateName(this.#state), startNs: this.#sinceNs, endNs: atNs, args }, out);
  }

  /** One line for the whole life of a connection; a socket that only listened has none. */
  #endConnection(atNs: number, ending: string, out: SocketSink): void {
    if (this.#bornNs === undefined || this.#role === 'unknown') return;
    const isEstablished = this.#establishedNs !== undefined;
    const opening = this.#establishedNs === undefined ? '' : `,"connect_ns":${this.#establishedNs - this.#bornNs}`;
    const args =
      `${this.#addresses()},"role":"${this.#role}","established":${isEstablished}${opening},` +
      `"retransmits":${this.retransmits},"resets":${this.resets},${ending}`;
    this.#write({ name: 'connection', startNs: this.#bornNs, endNs: atNs, args }, out);
  }

  #write(line: Line, out: SocketSink): void {
    if (this.owner === undefined) {
      if (this.foreign) return;
      if (this.#pending.length < MAX_PENDING) this.#pending.push(line);
      else this.dropped += 1;
      return;
    }
    const tid = out.lineTid(this.owner);
    if (line.endNs === undefined) out.instant(line.name, 'net', tid, line.startNs, line.args);
    else out.complete(line.name, 'net', tid, line.startNs, line.endNs, line.args);
  }

  #addresses(): string {
    return `"protocol":"${this.#protocol}","local":"${this.local}","remote":"${this.remote}"`;
  }
}
