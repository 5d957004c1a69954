import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** The client connection preface of HTTP/2 (RFC 9113, section 3.4) begins with this; no HTTP/1 method does. */
const HTTP2_PREFACE = Buffer.from('PRI ');

/** Takes a connection that speaks cleartext HTTP/2 with prior knowledge, which is how gRPC clients connect. */
export type Http2Connection = (socket: Socket) => void;

/**
 * Lets an HTTP/1 server share its port with HTTP/2: the first bytes of a connection decide. A connection that stays
 * silent for `silenceTimeoutMs` is closed; after the decision the protocol's own time limits hold. Bytes that were read
 * to decide are put back, so that either side sees the connection from its beginning. The server itself accepts, counts
 * and closes all connections, so its `listen`, `address` and `close` mean both protocols. Under TLS the first bytes are
 * those that come out of it.
 *
 * ```
 *   accept ── 'PRI ' ──────► http2 (gRPC)
 *          ── else ────────► the server's own listeners (HTTP/1)
 *          ── nothing ─────► closed after silenceTimeoutMs
 * ```
 */
export function sharePort(server: Server, http2: Http2Connection, silenceTimeoutMs = 10_000): void {
  const opened = server instanceof HttpsServer ? 'secureConnection' : 'connection';
  const http1 = server.listeners(opened) as Http2Connection[];
  server.removeAllListeners(opened);
  server.on(opened, (socket: Socket) => {
    const cut = (): void => void socket.destroy();
    const silence = setTimeout(cut, silenceTimeoutMs);
    socket.setNoDelay(true);
    socket.once('error', cut).once('end', cut);
    const decide = (): void => {
      // Gives nothing until there are enough bytes, or the other side has ended.
      const first = socket.read(HTTP2_PREFACE.length) as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      clearTimeout(silence);
      socket.off('readable', decide).off('error', cut).off('end', cut);
      if (first.equals(HTTP2_PREFACE)) http2(socket);
      else for (const listener of http1) listener.call(server, socket);
    };
    socket.on('readable', decide).once('close', () => {
      clearTimeout(silence);
    });
  });
}
