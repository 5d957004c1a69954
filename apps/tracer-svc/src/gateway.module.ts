import {
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { LiveReaders, Metrics, Readiness, Trust, type AppContext } from '@tracer/service-kit';
import { Cluster } from './cluster/cluster.js';
import type { TracerSvcConfig } from './config.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { FanOut } from './nodes/fan-out.js';
import { NodeClient, type PeerAccess } from './nodes/node-client.js';
import { NodeDirectory } from './nodes/node-directory.js';
import { nodeSources } from './nodes/node-sources.js';
import { PeerTls } from './nodes/peer-tls.js';
import { NodesController } from './nodes/nodes.controller.js';
import { NodesService } from './nodes/nodes.service.js';
import { PodsController } from './pods/pods.controller.js';
import { ReverseProxy } from './proxy/reverse-proxy.js';
import { Upstreams } from './proxy/upstreams.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionEventsController } from './sessions/session-events.controller.js';
import { TailsService } from './sessions/tails.service.js';
import { StorageController } from './storage/storage.controller.js';
import { StorageService } from './storage/storage.service.js';
import { ClusterTails } from './tail/cluster-tails.js';
import { TraceHooksController } from './trace-hooks/trace-hooks.controller.js';

/** How long a live tail waits for more nodes once one has begun. */
const TAIL_GRACE_MS = 250;
/** Clients that may follow sessions at a time, and what may wait for all of them together. */
const FOLLOWERS = { most: 10_000, totalBytes: 256 << 20 };
const UPSTREAM_PEER = Symbol('how the gateway speaks to the services behind it');
/** All answers to one request may take this many times the largest answer of one node. */
const ANSWERS_IN_MEMORY = 16;

@Module({})
export class GatewayModule implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    private readonly directory: NodeDirectory,
    private readonly client: NodeClient,
    private readonly nodes: NodesService,
    private readonly tails: ClusterTails,
    private readonly upstreams: Upstreams,
    private readonly proxy: ReverseProxy,
    private readonly readiness: Readiness,
    private readonly metrics: GatewayMetrics,
  ) {}

  static forRoot({ config, log }: AppContext<TracerSvcConfig>): DynamicModule {
    const limits = {
      connectTimeoutMs: config.nodeConnectMs,
      answerLimitBytes: config.nodeAnswerBytes,
      totalLimitBytes: config.nodeAnswerBytes * ANSWERS_IN_MEMORY,
    };
    const deadlines = { readMs: config.nodeDeadlineMs, changeMs: config.nodeChangeDeadlineMs };
    const openings = { deadlineMs: config.nodeDeadlineMs, graceMs: TAIL_GRACE_MS };
    const urls = { 'trace-indexer': config.indexerUrl, 'span-api': config.spanApiUrl };
    return {
      module: GatewayModule,
      controllers: [
        PodsController,
        TraceHooksController,
        SessionsController,
        SessionEventsController,
        NodesController,
        StorageController,
      ],
      providers: [
        NodesService,
        StorageService,
        TailsService,
        { provide: GatewayMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new GatewayMetrics(metrics) },
        { provide: NodeDirectory, useFactory: () => new NodeDirectory(nodeSources(config, log), log) },
        ...peerProviders(config, log),
        {
          provide: FanOut,
          inject: [NodeDirectory, NodeClient],
          useFactory: (directory: NodeDirectory, client: NodeClient) => new FanOut(directory, client, limits),
        },
        { provide: Cluster, inject: [FanOut], useFactory: (fanOut: FanOut) => new Cluster(fanOut, deadlines) },
        {
          provide: ClusterTails,
          inject: [NodeDirectory, NodeClient],
          useFactory: (directory: NodeDirectory, client: NodeClient) =>
            new ClusterTails(directory, client, { ...openings, readers: new LiveReaders(FOLLOWERS) }),
        },
        {
          provide: Upstreams,
          inject: [UPSTREAM_PEER],
          useFactory: (peer: PeerAccess) => new Upstreams(urls, new NodeClient(peer)),
        },
        {
          provide: ReverseProxy,
          inject: [UPSTREAM_PEER],
          useFactory: (peer: PeerAccess) => new ReverseProxy({ silenceMs: config.upstreamSilenceMs, peer }),
        },
      ],
    };
  }

  onModuleInit(): void {
    this.directory.start();
    for (const upstream of this.upstreams.configured())
      this.readiness.add({ name: upstream.name, problem: () => this.upstreams.problem(upstream) });
    this.readiness.add({ name: 'nodes', problem: () => this.nodes.problem() });
    this.metrics.observe(this.directory, this.tails);
  }

  /** Before the server closes: streams would keep it open. */
  onModuleDestroy(): void {
    this.tails.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.directory.close();
    this.client.close();
    this.proxy.close();
  }
}

/** How the gateway shows who it is, to nodes and to the services behind it. */
function peerProviders(config: Readonly<TracerSvcConfig>, log: AppContext<TracerSvcConfig>['log']): Provider[] {
  const { nodeCa: caFile, nodeClientCert: certFile, nodeClientKey: keyFile, nodeServerName: serverName } = config;
  const access = (trust: Trust): PeerAccess => ({
    token: () => trust.credentials.ownToken,
    tls: new PeerTls({ caFile, certFile, keyFile }, log),
  });
  return [
    { provide: UPSTREAM_PEER, inject: [Trust], useFactory: access },
    {
      provide: NodeClient,
      inject: [UPSTREAM_PEER],
      useFactory: (peer: PeerAccess) => new NodeClient({ ...peer, serverName }),
    },
  ];
}
