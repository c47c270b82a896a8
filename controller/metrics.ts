/** What Prometheus scrapes of the controller. Series are per cluster, never per member or key, and go when the cluster goes. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { EtcdClusterStatus } from '../api/index.js';
import { conditionTypes, phases } from '../api/conditions.js';
import type { EffectRecord } from './effects.js';
import type { ClusterRef } from './gather.js';

export interface Metrics {
  readonly registry: Registry;
  effect(effect: EffectRecord, outcome: 'done' | 'failed'): void;
  pass(ref: ClusterRef, outcome: 'done' | 'failed', tookMs: number): void;
  status(ref: ClusterRef, status: EtcdClusterStatus): void;
  forget(ref: ClusterRef): void;
  leading(isLeader: boolean): void;
  depth(queued: number): void;
  relisted(kind: string): void;
}

const seconds = (time = ''): number => Date.parse(time) / 1000 || 0;

const clusterLabels = ['namespace', 'name'] as const;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const effects = new Counter({
    name: 'quorate_controller_effects_total',
    help: 'Writes to Kubernetes and changes asked of etcd',
    labelNames: ['policy', 'verb', 'outcome'],
    registers,
  });
  const passes = new Histogram({
    name: 'quorate_controller_reconcile_duration_milliseconds',
    help: 'Duration of one pass over one cluster',
    labelNames: ['outcome'],
    buckets: [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
    registers,
  });
  const relists = new Counter({
    name: 'quorate_controller_relists_total',
    help: 'Lists that replaced a cache',
    labelNames: ['kind'],
    registers,
  });
  const leader = gauge('quorate_controller_leader', '1 while this process holds the lease', []);
  const queue = gauge('quorate_controller_queue_depth', 'Clusters waiting for a worker', []);
  const members = gauge('quorate_cluster_members', 'Voters by state', [...clusterLabels, 'state']);
  const condition = gauge('quorate_cluster_condition', '1 for the present status of each condition', [
    ...clusterLabels,
    'type',
    'status',
  ]);
  const phase = gauge('quorate_cluster_phase', '1 for the present phase', [...clusterLabels, 'phase']);
  const expiry = gauge(
    'quorate_cluster_certificate_not_after_seconds',
    'Earliest end of the certificates, seconds since the epoch',
    clusterLabels,
  );
  const probed = gauge(
    'quorate_cluster_last_probe_seconds',
    'When the members were last looked at, seconds since the epoch',
    clusterLabels,
  );

  return {
    registry,
    effect: ({ policy, verb }, outcome) => effects.inc({ policy, verb, outcome }),
    pass: (_ref, outcome, tookMs) => passes.observe({ outcome }, tookMs),
    status({ namespace, name }, { quorum = { voters: 0, healthy: 0 }, conditions = [], certificates = [], ...status }) {
      const of = { namespace, name };
      members.set({ ...of, state: 'voting' }, quorum.voters);
      members.set({ ...of, state: 'healthy' }, quorum.healthy);
      for (const { type, status: value } of conditions) {
        for (const each of ['True', 'False', 'Unknown'])
          condition.set({ ...of, type, status: each }, Number(each === value));
      }
      for (const each of phases) phase.set({ ...of, phase: each }, Number(each === status.phase));
      const ends = certificates.map(({ notAfter }) => seconds(notAfter));
      if (ends.length > 0) expiry.set(of, Math.min(...ends));
      probed.set(of, seconds(status.lastProbeTime));
    },
    forget({ namespace, name }) {
      const of = { namespace, name };
      for (const state of ['voting', 'healthy']) members.remove({ ...of, state });
      for (const type of conditionTypes)
        for (const status of ['True', 'False', 'Unknown']) condition.remove({ ...of, type, status });
      for (const each of phases) phase.remove({ ...of, phase: each });
      expiry.remove(of);
      probed.remove(of);
    },
    leading: (isLeader) => leader.set(isLeader ? 1 : 0),
    depth: (queued) => queue.set(queued),
    relisted: (kind) => relists.inc({ kind }),
  };
}
