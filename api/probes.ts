import { parseQuantity } from './quantity.js';
import { binaries, paths, type ImageLayout } from './paths.js';
import { ports } from './names.js';
import type { Probe, ProbeStrategy, TLSSource } from './v1alpha1/types.gen.js';

/** What the probes are derived from; any spec with its defaults filled. */
export interface ProbeSource {
  readonly size: number;
  readonly image: { readonly layout: ImageLayout };
  readonly tls: { readonly client: { readonly source: TLSSource } };
  readonly options: { readonly backendQuota: string };
  readonly probes: { readonly strategy: ProbeStrategy };
}

export interface Probes {
  readonly readiness: Probe;
  readonly liveness: Probe;
  readonly startup: Probe;
}

const metrics = (path: string) => ({ httpGet: { path, port: ports.metrics, scheme: 'HTTP' as const } });
const gibibyte = 1024 ** 3;
const largestQuota = 64 * gibibyte;

/**
 * Seconds that a member may take to start. 5 minutes for the log (kubeadm allows 4), and 2 more for each GiB that the database may have:
 * RKE2 lost clusters whose multi-GiB database took longer than a fixed budget to open (rancher/rke2#10424).
 */
function startupSeconds(quota: string): number {
  const bytes = Number(parseQuantity(quota) ?? 0n);
  return 300 + 120 * Math.ceil(Math.min(Math.max(bytes, 0), largestQuota) / gibibyte);
}

/** A linearizable read through the member itself; at size 1 there is no other member to wait for. */
function healthCommand(spec: ProbeSource): readonly string[] {
  const { cert, key, ca } = paths.server;
  const tls = spec.tls.client.source !== 'Disabled';
  return [
    binaries[spec.image.layout].etcdctl,
    `--endpoints=${tls ? 'https' : 'http'}://localhost:${ports.client}`,
    ...(tls ? [`--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`] : []),
    '--dial-timeout=2s',
    '--command-timeout=4s',
    'endpoint',
    'health',
  ];
}

function readiness(spec: ProbeSource): Probe {
  switch (spec.probes.strategy) {
    case 'Readyz':
      return { ...metrics('/readyz'), periodSeconds: 1, timeoutSeconds: 15, successThreshold: 1, failureThreshold: 3 };
    case 'Auto':
      // Three members with a readiness that needs quorum would all leave the Service together when quorum is lost, and with them
      // every address that serializable reads and the operator could still use.
      return spec.size >= 3
        ? {
            tcpSocket: { port: ports.client },
            periodSeconds: 1,
            timeoutSeconds: 5,
            successThreshold: 1,
            failureThreshold: 3,
          }
        : {
            exec: { command: healthCommand(spec) },
            periodSeconds: 2,
            timeoutSeconds: 5,
            successThreshold: 1,
            failureThreshold: 3,
          };
  }
}

function derive(spec: ProbeSource): Probes {
  return {
    readiness: readiness(spec),
    liveness: { ...metrics('/livez'), periodSeconds: 10, timeoutSeconds: 15, successThreshold: 1, failureThreshold: 8 },
    startup: {
      ...metrics('/livez'),
      periodSeconds: 1,
      timeoutSeconds: 15,
      successThreshold: 1,
      failureThreshold: startupSeconds(spec.options.backendQuota),
    },
  };
}

/** They are handed out more than once. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** Derived probes by what they are derived from: admission asks for the same few again and again. */
const known = new Map<string, Probes>();
const mostKnown = 256;
const longestKnown = 128;

/**
 * The probes of a member as core/v1 JSON, with every field set that the API server would default. Liveness and startup ask /livez,
 * which depends on neither quorum nor leader nor alarms (etcd server/etcdserver/api/etcdhttp/health.go): a restart cures none of them,
 * and a survivor of a lost quorum that is restarted can no longer be read at all.
 */
export function deriveProbes(spec: ProbeSource): Probes {
  const { image, tls, options, probes } = spec;
  const key = [spec.size >= 3, image.layout, tls.client.source, options.backendQuota, probes.strategy].join(' ');
  const found = known.get(key);
  if (found) return found;
  const derived = derive(spec);
  if (known.size >= mostKnown) known.clear();
  if (key.length <= longestKnown) known.set(key, frozen(derived));
  return derived;
}
