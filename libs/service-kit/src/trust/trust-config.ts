import { IntSetting, ListSetting, SwitchSetting, TextSetting } from '../settings.js';

const perClient = (what: string): string => `${what} per token, or per address without one; 0 is no limit`;

/** Who may use a service, how its connections are protected, and what is written down about it. */
export abstract class TrustConfig {
  @TextSetting({
    env: 'TRACER_TOKENS_FILE',
    flag: 'tokens-file',
    description: 'list of the tokens that are accepted: name, roles and hash in each line; read again when it changes',
  })
  tokensFile = '';

  /** No flag: command lines are seen by every user of the machine. */
  @TextSetting({
    env: 'TRACER_TOKENS',
    secret: true,
    longest: 200_000,
    description: 'the same list in a variable, its entries separated by semicolons',
  })
  tokens = '';

  @TextSetting({
    env: 'TRACER_NODE_TOKEN',
    secret: true,
    description: 'token by which the gateway and the services behind it know each other',
  })
  nodeToken = '';

  @TextSetting({
    env: 'TRACER_NODE_TOKEN_FILE',
    flag: 'node-token-file',
    description: 'file with that token; of several lines all are accepted and the first is sent',
  })
  nodeTokenFile = '';

  @SwitchSetting({
    env: 'TRACER_ALLOW_OPEN',
    flag: 'allow-open',
    description: 'listen on other addresses than loopback without any credentials',
  })
  allowOpen = false;

  @TextSetting({
    env: 'TRACER_PUBLISHED_ON',
    description:
      'address on which a container engine publishes the port; judged in place of the own one, which says nothing',
  })
  publishedOn = '';

  @TextSetting({
    env: 'TRACER_TLS_CERT',
    flag: 'tls-cert',
    description: 'PEM file of the certificate chain; serves TLS',
  })
  tlsCert = '';

  @TextSetting({ env: 'TRACER_TLS_KEY', flag: 'tls-key', description: 'PEM file of its key' })
  tlsKey = '';

  @TextSetting({
    env: ['TRACER_TLS_CLIENT_CA', 'TRACER_TLS_CA'],
    flag: 'tls-client-ca',
    description: 'PEM file of authorities; a client with a certificate of theirs is taken for the gateway',
  })
  tlsClientCa = '';

  @ListSetting({
    env: 'TRACER_TLS_CLIENT_NAMES',
    flag: 'tls-client-name',
    description: 'names of which such a certificate must have one; any when none is given',
  })
  tlsClientNames: string[] = [];

  @TextSetting({
    env: 'TRACER_AUDIT_LOG',
    flag: 'audit-log',
    description: 'where control actions are written down: a file, stdout, log (among the other lines) or off',
  })
  auditLog = 'log';

  @IntSetting({
    env: 'TRACER_RATE_LIMIT',
    flag: 'rate-limit',
    min: 0,
    max: 10_000_000,
    description: perClient('requests per second'),
  })
  rateLimit = 1_000;

  @IntSetting({
    env: 'TRACER_RATE_BURST',
    flag: 'rate-burst',
    min: 1,
    max: 10_000_000,
    description: 'requests that may come at once before the rate counts',
  })
  rateBurst = 2_000;

  @IntSetting({
    env: 'TRACER_MAX_CONCURRENT',
    flag: 'max-concurrent',
    min: 0,
    max: 1_000_000,
    description: perClient('requests under way, streams included,'),
  })
  maxConcurrent = 512;

  @IntSetting({
    env: 'TRACER_MAX_STREAMS',
    flag: 'max-streams',
    min: 0,
    max: 1_000_000,
    description: perClient('open streams'),
  })
  maxStreams = 128;
}
