/** What an engine may say to its operator. The apps hand in their logger; tests hand in `silent`. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

const nothing = (): undefined => undefined;

export const silent: Log = { info: nothing, warn: nothing, error: nothing };
