import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../metrics.js';
import type { TlsFiles } from './tls-files.js';
import type { Trust } from './trust.js';

/** Registers what trust has to tell; returns what counts a refused request by its reason. */
export function trustMetrics({ registry }: Metrics, trust: Trust, tls: TlsFiles | undefined): (reason: string) => void {
  const registers = [registry];
  const refused = new Counter({
    name: 'tracer_refused_requests_total',
    help: 'Requests refused for lack of a token or role, or because of a limit',
    labelNames: ['reason'],
    registers,
  });
  const reloads = new Counter({
    name: 'tracer_trust_reloads_total',
    help: 'Times that changed files of tokens or certificates were read, by outcome',
    labelNames: ['what', 'outcome'],
    registers,
  });
  const reloaded = (what: string, ok: boolean): void => {
    reloads.inc({ what, outcome: ok ? 'used' : 'unusable' });
  };
  trust.credentials.onReload = reloaded;
  gauge('tracer_guarded_requests', 'Requests of token holders under way', () => trust.answers.size);
  gauge('tracer_streams_cut', 'Answers ended because their token was not valid any more', () => trust.answers.cuts);
  gauge('tracer_limited_clients', 'Clients that limits are kept for', () => trust.limits.size);
  gauge('tracer_audit_failures', 'Audit lines that could not be written to their file', () => trust.audit.failures);
  if (tls) {
    tls.onReload = reloaded;
    gauge('tracer_tls_expiry_seconds', 'Unix time at which the certificate expires', () => tls.expiresAtMs / 1000);
  }
  return (reason) => {
    refused.inc({ reason });
  };

  function gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  }
}
