import { status, type Server, type ServerDuplexStream } from '@grpc/grpc-js';

/**
 * Lets a server refuse methods it does not have in the words of Go's servers, which clients of the published DM tracer see:
 * grpc-js has words of its own and no way to change them. Its table of handlers answers for every path then. Should a later
 * grpc-js keep that table elsewhere, the status stays and only its text changes; a test tells.
 */
export function refuseAsGoDoes(server: Server): void {
  const handlers: unknown = Reflect.get(server, 'handlers');
  if (!(handlers instanceof Map)) return;
  const services = (): Set<string> => new Set([...handlers.keys()].map((path) => partsOf(String(path)).service));
  const get = handlers.get.bind(handlers);
  const refusing = (path: string): unknown => {
    const { service, method } = partsOf(path);
    const details = services().has(service)
      ? `unknown method ${method} for service ${service}`
      : `unknown service ${service}`;
    return {
      type: 'bidi',
      path,
      serialize: same,
      deserialize: same,
      func: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.emit('error', { code: status.UNIMPLEMENTED, details });
      },
    };
  };
  handlers.get = (path: unknown): unknown => get(path) ?? refusing(String(path));
}

const same = (message: Buffer): Buffer => message;

/** `/pb.Tracer/GetTSO`: what is before the last slash, and what is behind it. */
function partsOf(path: string): { readonly service: string; readonly method: string } {
  const at = path.lastIndexOf('/');
  return { service: path.slice(1, Math.max(at, 1)), method: path.slice(at + 1) };
}
