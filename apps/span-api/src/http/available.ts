import { reasonOf, TracerError } from '@tracer/base';

/** SQLSTATE classes in which the statement was right and the server was not able: connection, resources, shutdown. */
const PASSING = /^(08|53|57P|40)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * The same object, whose methods fail with NOT_READY when the database is gone or not connected yet, so that clients are
 * asked to come again. Other failures pass as they are.
 */
export function asAvailable<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, args);
        if (result instanceof Promise) return result.catch(rethrow);
        return isPages(result) ? available(result) : result;
      };
    },
  });
}

function isPages(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

async function* available(pages: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* pages;
  } catch (error) {
    rethrow(error);
  }
}

function rethrow(error: unknown): never {
  if (error instanceof TracerError || !isPassing(error)) throw error;
  throw new TracerError('NOT_READY', 'the database is not available, try again', { cause: error });
}

function isPassing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  // Errors of the socket and of the pool have codes of Node's, or none.
  if (typeof code === 'string' && SQLSTATE.test(code)) return PASSING.test(code);
  return typeof code === 'string' || /connect|terminat|not initialized|timeout|No metadata/i.test(reasonOf(error));
}
