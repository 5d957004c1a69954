export interface RemoteTraceOptions {
  /** Tells live runs of a tag apart. */
  readonly id?: string | null;
  /** Where the routes are; default `http://localhost:8000/api/tracing`. */
  readonly url?: string;
  /**
   * Times the steps here, by the monotonic clock, and sends finished runs together: the network delays nothing and counts
   * nowhere. Runs are sent when there are twenty, every five seconds, and when the page is hidden.
   */
  readonly batch?: boolean;
}

/** A run of a feature: `start`, any number of `step`s, `end`. Refused runs are passed over in silence. */
export class RemoteTrace {
  /** The tag. */
  readonly name: string;
  readonly id: string | null;
  readonly url: string;
  readonly batch: boolean;

  constructor(name: string, options?: RemoteTraceOptions);

  start(): Promise<void>;

  /** `track: false` leaves the time of this step out of the total; `end: true` ends the run with it. */
  step(name: string, options?: { readonly track?: boolean; readonly end?: boolean }): Promise<void>;

  end(): Promise<void>;

  /** Sends what is finished now. Runs that a server did not take are kept and sent again. */
  static flush(): void;
}
