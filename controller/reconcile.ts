/**
 * One pass over one cluster: observe, plan, act, until there is nothing to do or something must be waited for; then status. Nothing is
 * remembered between passes but what the caches hold.
 */
import type { EtcdClusterStatus } from '../api/index.js';
import { apiVersion } from '../api/names.js';
import { EtcdError, type EtcdErrorCode } from '../etcd/index.js';
import { ApiError, isInvalid, resources, type ApiClient, type KubeObject } from '../kube/index.js';
import { audited, fieldManager, type Act } from './act.js';
import type { Effects } from './effects.js';
import { eventsOf, type Recorder } from './events.js';
import type { Caches, ClusterRef, Gather, Gathered } from './gather.js';
import type { Logger } from './log.js';
import { plan, type Planned } from './plan.js';
import { isWorthWriting, statusOf } from './status/index.js';
import { targetOf, type Step } from './step.js';
import type { ClusterView } from './view.js';

export interface ReconcilerOptions {
  readonly cached: Gather;
  readonly fresh: Gather;
  readonly observe: (gathered: Gathered) => Promise<ClusterView>;
  readonly act: Act;
  readonly client: ApiClient;
  readonly caches: Caches;
  readonly effects: Effects;
  readonly recorder: Recorder;
  readonly log: Logger;
  readonly now: () => number;
  /** Called with each view and its status: metrics. */
  readonly onPass?: (view: ClusterView, status: EtcdClusterStatus) => void;
}

/** Milliseconds until the next pass is due without anything changing; undefined: the cluster is gone. */
export type Reconcile = (ref: ClusterRef, signal: AbortSignal) => Promise<number | undefined>;

/** Without any event: how soon a quorum lost or a member gone is noticed. */
export const resyncMs = 10_000;

/** Enough for any workflow's chain of steps; a plan that never ends must not keep a worker for ever. */
const mostSteps = 100;

export function createReconcile(options: ReconcilerOptions): Reconcile {
  return async function reconcile(ref, signal) {
    let former: string | undefined;
    for (let steps = 0; steps < mostSteps && !signal.aborted; steps++) {
      // Where there was one step there is often another, and that one would ask for a fresh look anyway.
      const seen = await lookCarefully(options, ref, steps > 0);
      if (!seen) return undefined;
      const { view, planned } = seen;
      if (!isAcceptance(planned)) await writeStatus(options, view, planned).catch(unlessInvalid(options.log));
      if (planned?.decision.kind !== 'act') return nextPass(view, planned);
      const due = { policy: planned.policy, step: planned.decision.step };
      const content = contentOf(due);
      if (content === former) return await tellWithoutEffect(options, view, due);
      former = content;
      await takeStep(options, view, due);
    }
    return 0;
  };
}

interface Due {
  readonly policy: string;
  readonly step: Step;
}

/** What a step comes to, whatever versions it rests on. */
const contentOf = ({ policy, step }: Due): string =>
  JSON.stringify([policy, step.effects], (key, value: unknown) => (key === 'resourceVersion' ? undefined : value));

/**
 * It was answered, everything was read afresh, and the same is to be done again: something undoes it. Fails, so that it is tried ever more
 * slowly.
 */
async function tellWithoutEffect(options: ReconcilerOptions, view: ClusterView, { policy, step }: Due): Promise<never> {
  const targets = step.effects.map((effect) => targetOf(view.name, effect)).join(', ');
  const note = `${policy}: ${targets} was done and is as before: something undoes it, mostly another admission webhook or controller`;
  await options.recorder.record(view.cluster, { type: 'Warning', reason: 'StepWithoutEffect', note });
  throw new Error(note);
}

/** A status that the API server finds unfit is our own mistake: it must not keep the cluster from being looked after. */
const unlessInvalid =
  (log: Logger) =>
  (error: unknown): void => {
    if (!isInvalid(error)) throw error;
    log.error({ error: error.message }, 'status refused');
  };

/** A spec about to be accepted has no status of its own yet: what runs is still the former one. */
const isAcceptance = (planned: Planned | undefined): boolean =>
  planned?.policy === 'guard' && planned.decision.kind === 'act';

interface Look {
  readonly view: ClusterView;
  readonly planned: Planned | undefined;
}

async function lookCarefully(options: ReconcilerOptions, ref: ClusterRef, isFresh: boolean): Promise<Look | undefined> {
  const seen = isFresh ? undefined : await look(options, ref, options.cached);
  return seen && !needsFreshLook(seen) ? seen : look(options, ref, options.fresh);
}

async function look(options: ReconcilerOptions, ref: ClusterRef, gather: Gather): Promise<Look | undefined> {
  const gathered = await gather(ref);
  if (!gathered) return undefined;
  const view = await options.observe(gathered);
  return { view, planned: plan(view) };
}

/**
 * A step that creates, deletes or changes the membership rests on a fresh reading: everything is read past the caches, planned anew,
 * and what comes out of that is done, whatever the caches said. So does what is missing: a Secret that lost its label is in no cache.
 */
function needsFreshLook({ view, planned }: Look): boolean {
  if (view.certificates.some(({ problem }) => problem === 'Missing')) return true;
  if (planned?.decision.kind !== 'act') return planned?.decision.stalled !== undefined;
  const { step } = planned.decision;
  return (
    step.confirm ||
    step.effects.some((effect) => effect.do === 'create' || effect.do === 'delete' || effect.do === 'issue')
  );
}

async function takeStep(options: ReconcilerOptions, view: ClusterView, { policy, step }: Due): Promise<void> {
  options.log.info({ cluster: `${view.namespace}/${view.name}`, policy, why: step.why }, 'step');
  await options.act(view, policy, step);
  if (step.event) await options.recorder.record(view.cluster, step.event);
}

function nextPass(view: ClusterView, planned: Planned | undefined): number {
  const waits = planned?.decision.kind === 'wait' ? planned.decision.againInMs : resyncMs;
  const renewals = view.certificates.flatMap(({ renewAt, problem }) =>
    renewAt === undefined || problem ? [] : [Math.max(renewAt - view.now, 1_000)],
  );
  return Math.min(waits, resyncMs, ...renewals);
}

async function writeStatus(options: ReconcilerOptions, view: ClusterView, planned: Planned | undefined): Promise<void> {
  const { client, caches, effects, recorder } = options;
  const former = view.cluster.status;
  const status = statusOf(view, planned);
  options.onPass?.(view, status);
  if (view.cluster.metadata.deletionTimestamp !== undefined || !isWorthWriting(former, status, view.now)) return;
  const { name, namespace, uid } = view.cluster.metadata;
  const object = { apiVersion, kind: 'EtcdCluster', metadata: { name, namespace, uid }, status };
  const intent = {
    cluster: `${namespace}/${name}`,
    policy: 'status',
    verb: 'apply',
    target: `etcdclusters/${name}/status`,
    evidence: `phase ${status.phase ?? ''}`,
    precondition: `uid=${uid}`,
  };
  const written = await effects.perform(intent, (effect) =>
    client.apply<KubeObject>(resources.etcdClusters, object, {
      fieldManager,
      force: true,
      subresource: 'status',
      ...audited(effect),
    }),
  );
  caches.etcdClusters.observe(written);
  for (const note of eventsOf(former, status)) await recorder.record(view.cluster, note);
}

const notYet: readonly EtcdErrorCode[] = [
  'UnhealthyCluster',
  'LearnerNotReady',
  'TooManyLearners',
  'NotEnoughStarted',
  'NotLeader',
  'NoLeader',
  'LeaderChanged',
];

/** A step that met another state than it was planned on, or that etcd wants a moment for: nothing is wrong, the next pass sees what is. */
export const isOvertaken = (error: unknown): boolean =>
  (error instanceof ApiError && (error.status === 409 || error.status === 404)) ||
  (error instanceof EtcdError && notYet.includes(error.code));
