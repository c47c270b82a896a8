/**
 * The controller: watches clusters and what they own, and drives each towards its accepted spec, one careful step at a time. Decisions
 * are in policies/ (pure), the outside is touched in act.ts alone. Nothing here serves HTTP or reads flags.
 */
import { labels } from '../api/names.js';
import type { Environment } from '../api/index.js';
import { createClientPool } from '../etcd/index.js';
import {
  createLeaderElector,
  createReflector,
  createWorkQueue,
  resources,
  type ApiClient,
  type KubeObject,
  type LeaderElector,
} from '../kube/index.js';
import { createActor } from './act.js';
import { Effects, type FaultHook } from './effects.js';
import { createRecorder } from './events.js';
import { fromCaches, fromServer, ownedKinds, type Caches } from './gather.js';
import { describe, type Logger } from './log.js';
import { createMetrics, type Metrics } from './metrics.js';
import { observe } from './observe.js';
import { createReconcile } from './reconcile.js';
import type { ResourceName } from './step.js';
import { createWork } from './work.js';

export { Effects, NotLeaderError, type EffectRecord, type FaultHook } from './effects.js';
export type { Logger } from './log.js';

export interface ControllerOptions {
  readonly client: ApiClient;
  readonly environment: Environment;
  readonly log: Logger;
  /** Namespaces to watch; none: all. */
  readonly namespaces: readonly string[];
  /** Where the Lease is, and what this process is called in it. */
  readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string };
  /** Clusters worked on at the same time. */
  readonly workers: number;
  readonly hook?: FaultHook;
}

export interface Controller {
  readonly metrics: Metrics;
  /** Caches are filled; true also while another process leads. */
  isReady(): boolean;
  isLeader(): boolean;
  /** Until the signal aborts, or the lease is lost. */
  run(signal: AbortSignal): Promise<'released' | 'lost'>;
}

export function createController(options: ControllerOptions): Controller {
  const { client, environment, log, lease } = options;
  const { clock, random } = environment;
  const metrics = createMetrics();
  const queue = createWorkQueue({
    clock,
    random,
    baseDelayMs: 50,
    maxDelayMs: 30_000,
    hooks: { onDepth: (depth) => metrics.depth(depth) },
  });
  const caches = createCaches(options, metrics);
  const clients = createClientPool({ deadlineMs: 2_000, idleMs: 60_000, environment });
  let elector: LeaderElector | undefined;
  const isLeader = (): boolean => elector?.isLeader() ?? false;

  const effects = new Effects({
    instance: `${lease.identity}-${Buffer.from(random.bytes(6)).toString('hex')}`,
    log,
    mayAct: isLeader,
    onEffect: (effect, outcome) => metrics.effect(effect, outcome),
    ...(options.hook && { hook: options.hook }),
  });
  const reconcile = createReconcile({
    cached: fromCaches(caches),
    fresh: fromServer(client),
    observe: (gathered) => observe(gathered, { environment, clients, probeDeadlineMs: 1_000 }),
    act: createActor({ client, caches, clients, effects, environment }),
    client,
    caches,
    effects,
    recorder: createRecorder({ client, effects, random, now: () => clock.now(), instance: lease.identity }),
    log,
    now: () => clock.now(),
    onPass: (view, status) => metrics.status(view, status),
  });

  const wake = (object: KubeObject, cluster: string | undefined): void => {
    if (cluster !== undefined) queue.add(`${object.metadata.namespace ?? ''}/${cluster}`);
  };
  for (const [kind, reflector] of Object.entries(caches)) {
    reflector.onEvent(({ object }) =>
      wake(object, kind === 'etcdClusters' ? object.metadata.name : object.metadata.labels?.[labels.cluster]),
    );
  }

  const work = createWork({ reconcile, queue, metrics, log, now: () => clock.now() });

  async function lead(signal: AbortSignal): Promise<void> {
    metrics.leading(true);
    for (const object of caches.etcdClusters.store.list()) wake(object, object.metadata.name);
    await queue.run(work, options.workers, signal);
    metrics.leading(false);
  }

  return {
    metrics,
    isReady: () => Object.values(caches).every((reflector) => reflector.hasSynced()),
    isLeader,
    async run(signal) {
      try {
        // An API server that does not answer must not keep a process that was told to end.
        const filled = Promise.all(Object.values(caches).map((reflector) => reflector.start()));
        await Promise.race([filled, aborted(signal)]);
        if (signal.aborted) return 'released';
        elector = createLeaderElector({
          client,
          ...lease,
          clock,
          random,
          onStartedLeading: lead,
          onNewLeader: (identity) => log.info({ identity }, 'new leader'),
          onFailure: (error) => log.warn({ error: describe(error) }, 'lease'),
        });
        return await elector.run(signal);
      } finally {
        await Promise.all(Object.values(caches).map((reflector) => reflector.stop()));
        clients.close();
      }
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function createCaches({ client, environment, log, namespaces }: ControllerOptions, metrics: Metrics): Caches {
  const { clock, random } = environment;
  const hooks = {
    onRelist: (resource: { plural: string }) => metrics.relisted(resource.plural),
    onFailure: (resource: { plural: string }, error: unknown) =>
      log.warn({ resource: resource.plural, error: describe(error) }, 'watch failed, trying again'),
  };
  const cache = (kind: ResourceName, labelSelector?: string): Caches[ResourceName] =>
    createReflector({
      client,
      resource: resources[kind],
      labelSelector,
      clock,
      random,
      hooks,
      ...(namespaces.length > 0 && { namespaces }),
    });
  const kinds: readonly ResourceName[] = [...ownedKinds, 'pods', 'persistentVolumeClaims'];
  const owned = kinds.map((kind) => [kind, cache(kind, labels.cluster)] as const);
  return Object.fromEntries([['etcdClusters', cache('etcdClusters')], ...owned]) as Caches;
}
