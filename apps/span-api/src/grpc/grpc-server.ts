import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  Server,
  ServerCredentials,
  type ConnectionInjector,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Trust, type Http2Connection } from '@tracer/service-kit';
import type { Duplex } from 'node:stream';
import { guardCalls } from './guard-calls.js';
import { refuseAsGoDoes } from './unknown-methods.js';

export const GRPC_LIMITS = Symbol('grpc limits');

export interface GrpcLimits {
  /** Of one message, also after decompression. */
  readonly messageBytes: number;
  /** How long a stop waits for running calls. */
  readonly graceMs: number;
}

/**
 * The one gRPC server of the app. It listens nowhere itself: connections that open with HTTP/2 on the HTTP port are handed
 * to `take`. Services are added by the modules that have them, in `onModuleInit`.
 */
@Injectable()
export class GrpcServer implements BeforeApplicationShutdown {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #graceMs: number;

  constructor(@Inject(GRPC_LIMITS) { messageBytes, graceMs }: GrpcLimits, @Inject(Trust) trust: Trust) {
    this.#server = new Server({
      interceptors: [guardCalls(trust)],
      'grpc.max_receive_message_length': messageBytes,
      'grpc.max_send_message_length': messageBytes,
    });
    refuseAsGoDoes(this.#server);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#graceMs = graceMs;
  }

  add(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  readonly take: Http2Connection = (socket: Duplex): void => {
    this.#injector.injectConnection(socket);
  };

  /** Lets running calls end, then cuts: the port closes only when no connection is left. */
  beforeApplicationShutdown(): void {
    this.#injector.drain(this.#graceMs);
  }
}
