import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Webhook } from './admission.js';
import type { Operation } from './review.js';

export interface Measured {
  readonly webhook: Webhook;
  /** Empty when the request was not a review. */
  readonly operation: Operation | '';
  readonly outcome: 'allowed' | 'denied' | 'error';
  readonly milliseconds: number;
  readonly rules: readonly string[];
}

export interface Metrics {
  readonly observe: (request: Measured) => void;
  readonly certificateAccepted: (notAfter: number) => void;
  readonly certificateRefused: () => void;
  /** A connection that was not taken: `limit` (too many), `handshake` (TLS failed) or `protocol` (not HTTP). */
  readonly connectionRefused: (reason: 'limit' | 'handshake' | 'protocol') => void;
  /** Prometheus text format. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
}

// Fine where the bars are (p99 ≤ 10 ms), coarse up to the API server's own limit.
export const durationBuckets = [
  0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 25, 50, 100, 250, 500, 1000, 2500, 5000,
];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'quorate_webhook_request_duration_milliseconds',
    help: 'From the head of a request read to its answer handed to the socket, in milliseconds.',
    labelNames: ['webhook', 'operation'] as const,
    buckets: durationBuckets,
    registers,
  });
  const requests = new Counter({
    name: 'quorate_webhook_requests_total',
    help: 'Requests by outcome; allowed is "true", "false", or "error" when the request was no review.',
    labelNames: ['webhook', 'operation', 'allowed'] as const,
    registers,
  });
  const causes = new Counter({
    name: 'quorate_webhook_causes_total',
    help: 'Causes of denials by rule.',
    labelNames: ['rule'] as const,
    registers,
  });
  const notAfter = new Gauge({
    name: 'quorate_webhook_certificate_not_after_seconds',
    help: 'End of the serving certificate, in seconds since the Unix epoch.',
    registers,
  });
  const reloads = new Counter({
    name: 'quorate_webhook_certificate_loads_total',
    help: 'Certificates found in the files, by result: accepted, or refused because they cannot serve.',
    labelNames: ['result'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'quorate_webhook_connections_refused_total',
    help: 'Connections not taken: limit, handshake or protocol.',
    labelNames: ['reason'] as const,
    registers,
  });
  const build = new Gauge({
    name: 'quorate_webhook_build_info',
    help: 'Always 1.',
    labelNames: ['version', 'node'] as const,
    registers,
  });
  build.set({ version, node: process.version }, 1);
  for (const result of ['accepted', 'refused']) reloads.inc({ result }, 0);
  for (const reason of ['limit', 'handshake', 'protocol']) refused.inc({ reason }, 0);

  const allowed = { allowed: 'true', denied: 'false', error: 'error' } as const;
  return {
    observe({ webhook, operation, outcome, milliseconds, rules }) {
      duration.observe({ webhook, operation }, milliseconds);
      requests.inc({ webhook, operation, allowed: allowed[outcome] });
      for (const rule of rules) causes.inc({ rule });
    },
    certificateAccepted(milliseconds) {
      reloads.inc({ result: 'accepted' });
      notAfter.set(milliseconds / 1000);
    },
    certificateRefused: () => reloads.inc({ result: 'refused' }),
    connectionRefused: (reason) => refused.inc({ reason }),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
