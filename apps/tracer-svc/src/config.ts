import { IntSetting, LISTEN_ADDRESS, ListenConfig, ListSetting, SwitchSetting, TextSetting } from '@tracer/service-kit';

const ORIGIN = { pattern: /^(https?:\/\/[^/\s?#]+\/?)?$/, expected: 'an http:// or https:// URL without a path' };

/**
 * Settings of the gateway. Those up to `verbose` are the published ones of container-tracer, so that an existing
 * manifest keeps working; the others are ours.
 */
export class TracerSvcConfig extends ListenConfig {
  @TextSetting({
    env: 'TRACE_KUBE_API_ADDRESS',
    flag: 'address',
    short: 'a',
    description: 'where to listen',
    ...LISTEN_ADDRESS,
  })
  address = '127.0.0.1:8080';

  @IntSetting({
    env: 'TRACE_KUBE_DISCOVERY_POLL',
    flag: 'poll',
    short: 'p',
    min: 0,
    max: 86_400,
    description: 'longest time between two looks for nodes, in s',
  })
  pollSeconds = 10;

  @TextSetting({
    env: 'TRACE_KUBE_SELECTOR_PODS',
    flag: 'pods-selector',
    description: 'label selector of the pods of the node agents',
  })
  podsSelector = 'app=container-tracer-backend';

  @TextSetting({
    env: 'TRACE_KUBE_SELECTOR_SVCS',
    flag: 'svc-selector',
    description: 'field selector of the endpoints of their service',
  })
  svcSelector = 'metadata.name=container-tracer-node';

  @TextSetting({ env: 'TRACE_KUBE_TLS_CERT', flag: 'certfile', description: 'certificate file; serves TLS' })
  certFile = '';

  @TextSetting({ env: 'TRACE_KUBE_TLS_KEY', flag: 'keyfile', description: 'key file of the certificate' })
  keyFile = '';

  @SwitchSetting({
    env: 'TRACE_KUBE_VERBOSE',
    flag: 'verbose',
    short: 'v',
    description: 'log at level debug',
    onWhenPresent: true,
  })
  verbose = false;

  @ListSetting({
    env: 'TRACER_NODES',
    flag: 'nodes',
    description: 'node agents, as name=http://host:port or http://host:port',
  })
  nodes: string[] = [];

  @TextSetting({
    env: 'TRACER_NODES_DNS',
    flag: 'nodes-dns',
    pattern: /^([^:\s/]+:\d{1,5})?$/,
    expected: 'host:port',
    description: 'DNS name with an address for each node agent, such as a headless service',
  })
  nodesDns = '';

  @TextSetting({
    env: 'TRACER_KUBERNETES',
    flag: 'kubernetes',
    oneOf: ['auto', 'on', 'off'],
    description: 'find nodes by the Kubernetes API; auto: inside a cluster, unless nodes are given otherwise',
  })
  kubernetes = 'auto';

  @TextSetting({
    env: 'TRACER_KUBECONFIG',
    flag: 'kubeconfig',
    description: 'kubeconfig file; without it the account of the pod',
  })
  kubeconfig = '';

  @TextSetting({
    env: 'TRACER_KUBE_NAMESPACE',
    flag: 'kube-namespace',
    pattern: /^[a-z0-9.-]{0,63}$/,
    expected: 'the name of a namespace',
    description: 'namespace of the node agents; all namespaces when not given',
  })
  kubeNamespace = '';

  /** Set by Kubernetes in every pod. */
  @TextSetting({ env: 'KUBERNETES_SERVICE_HOST', description: 'tells that we run inside a cluster' })
  kubernetesServiceHost = '';

  @TextSetting({
    env: 'TRACER_INDEXER_URL',
    flag: 'indexer-url',
    description: 'trace-indexer, whose routes are served here as well',
    ...ORIGIN,
  })
  indexerUrl = '';

  @TextSetting({
    env: 'TRACER_SPAN_API_URL',
    flag: 'span-api-url',
    description: 'span-api, whose routes are served here as well',
    ...ORIGIN,
  })
  spanApiUrl = '';

  @ListSetting({
    env: ['TRACER_ALLOWED_ORIGINS', 'ZIPKIN_QUERY_ALLOWED_ORIGINS'],
    flag: 'allowed-origins',
    description: 'web origins that may use the Zipkin, OTLP and perf-tracer routes from a browser, * for all',
  })
  allowedOrigins: string[] = ['*'];

  @SwitchSetting({
    env: 'TRACER_NODE_TLS',
    flag: 'node-tls',
    description: 'speak TLS to the nodes that are found by DNS or Kubernetes',
  })
  nodeTls = false;

  @TextSetting({
    env: 'TRACER_NODE_CA',
    flag: 'node-ca',
    description: 'PEM file of the authorities of nodes, trace-indexer and span-api; those of the system without it',
  })
  nodeCa = '';

  @TextSetting({
    env: 'TRACER_NODE_CLIENT_CERT',
    flag: 'node-client-cert',
    description: 'PEM file of the certificate that the gateway shows to them',
  })
  nodeClientCert = '';

  @TextSetting({ env: 'TRACER_NODE_CLIENT_KEY', flag: 'node-client-key', description: 'PEM file of its key' })
  nodeClientKey = '';

  @TextSetting({
    env: 'TRACER_NODE_SERVER_NAME',
    flag: 'node-server-name',
    description: 'name that the certificates of nodes have; without it the host of their address',
  })
  nodeServerName = '';

  @IntSetting({
    env: 'TRACER_NODE_DEADLINE_MS',
    flag: 'node-deadline-ms',
    min: 10,
    max: 600_000,
    description: 'how long a node may take to answer, in ms',
  })
  nodeDeadlineMs = 10_000;

  @IntSetting({
    env: 'TRACER_NODE_CHANGE_DEADLINE_MS',
    flag: 'node-change-deadline-ms',
    min: 10,
    max: 600_000,
    description: 'how long a node may take to start, stop or delete sessions, in ms',
  })
  nodeChangeDeadlineMs = 30_000;

  @IntSetting({
    env: 'TRACER_NODE_CONNECT_MS',
    flag: 'node-connect-ms',
    min: 10,
    max: 60_000,
    description: 'how long the connection to a node may take, in ms',
  })
  nodeConnectMs = 2_000;

  @IntSetting({
    env: 'TRACER_NODE_ANSWER_BYTES',
    flag: 'node-answer-bytes',
    min: 1 << 16,
    max: 1 << 30,
    description: 'largest answer of one node; all answers together may have sixteen times as much',
  })
  nodeAnswerBytes = 32 << 20;

  @IntSetting({
    env: 'TRACER_UPSTREAM_SILENCE_MS',
    flag: 'upstream-silence-ms',
    min: 100,
    max: 3_600_000,
    description: 'how long trace-indexer and span-api may be silent before an answer begins, in ms',
  })
  upstreamSilenceMs = 120_000;
}
