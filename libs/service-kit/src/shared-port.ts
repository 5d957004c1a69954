import { createServer, type Server, type Socket } from 'node:net';

/** The client connection preface of HTTP/2 (RFC 9113, section 3.4) begins with this; no HTTP/1 method does. */
const HTTP2_PREFACE = Buffer.from('PRI ');

export interface SharedPortHandlers {
  http1(socket: Socket): void;
  /** Cleartext HTTP/2 with prior knowledge, which is how gRPC clients connect. */
  http2(socket: Socket): void;
}

/**
 * One port for HTTP/1 and gRPC: the first bytes of a connection decide. A connection that stays silent for
 * `silenceTimeoutMs` is closed; after the decision the protocol's own time limits hold. Bytes that were read to decide
 * are put back, so that the handlers see the connection from its beginning.
 *
 * ```
 *   accept ── 'PRI ' ──────► http2 (gRPC)
 *          ── else ────────► http1
 *          ── nothing ─────► closed after silenceTimeoutMs
 * ```
 */
export function sharedPort(handlers: SharedPortHandlers, silenceTimeoutMs = 10_000): Server {
  return createServer({ noDelay: true }, (socket) => {
    const cut = (): void => void socket.destroy();
    const silence = setTimeout(cut, silenceTimeoutMs);
    socket.once('error', cut);
    const decide = (): void => {
      // Gives nothing until there are enough bytes, or the other side has ended.
      const first = socket.read(HTTP2_PREFACE.length) as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      clearTimeout(silence);
      socket.off('readable', decide);
      socket.off('error', cut);
      if (first.equals(HTTP2_PREFACE)) handlers.http2(socket);
      else handlers.http1(socket);
    };
    socket.on('readable', decide);
    socket.once('close', () => {
      clearTimeout(silence);
    });
  });
}
