/** The network context of one side of a span. At least one part is known; `serviceName` is as it was sent. */
export class Endpoint {
  constructor(
    /** '' when unknown. */
    readonly serviceName: string,
    /** Dotted decimal. */
    readonly ipv4: string | undefined,
    /** Lower-case hexadecimal, the longest run of zeros as '::'. */
    readonly ipv6: string | undefined,
    /** 0 when unknown. */
    readonly port: number,
  ) {}

  /** The endpoint, or undefined when no part is known. */
  static of(serviceName: string, ipv4?: string, ipv6?: string, port = 0): Endpoint | undefined {
    if (serviceName === '' && ipv4 === undefined && ipv6 === undefined && port === 0) return undefined;
    return new Endpoint(serviceName, ipv4, ipv6, port);
  }

  /** The name under which services are looked up and linked, as Zipkin has it; undefined when unknown. */
  get lowerServiceName(): string | undefined {
    return this.serviceName === '' ? undefined : this.serviceName.toLowerCase();
  }

  /** Equal as Zipkin sees it, whatever the case of the service name. */
  equals(other: Endpoint | undefined): boolean {
    if (this === other) return true;
    if (other?.port !== this.port || other.ipv4 !== this.ipv4 || other.ipv6 !== this.ipv6) return false;
    return this.serviceName === other.serviceName || this.lowerServiceName === other.lowerServiceName;
  }

  /** This endpoint with its unknown parts taken from another. */
  completedBy(other: Endpoint | undefined): Endpoint {
    if (other === undefined || other === this) return this;
    return new Endpoint(
      this.serviceName === '' ? other.serviceName : this.serviceName,
      this.ipv4 ?? other.ipv4,
      this.ipv6 ?? other.ipv6,
      this.port === 0 ? other.port : this.port,
    );
  }
}
