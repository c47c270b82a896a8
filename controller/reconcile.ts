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
import { messageOf } from './status/conditions.js';
import { isWorthWriting, statusOf } from './status/index.js';
import { targetOf, type Decision } from './step.js';
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
      if (planned?.decision.kind !== 'act') {
        await writeStatus(options, view, planned).catch(unlessInvalid(options.log));
        return nextPass(view, planned);
      }
      const due = { policy: planned.policy, decision: planned.decision };
      const content = contentOf(due);
      const why = inVain(view, due);
      const told = content === former || isToldAlready(view, why) ? stalledBy(due, why) : due;
      if (!isAcceptance(planned)) await writeStatus(options, view, told).catch(unlessInvalid(options.log));
      // Everything was read afresh, and the same is to be done again. Fails, so that it is tried ever more slowly.
      if (content === former) throw new Error(why);
      former = content;
      await takeStep(options, view, told);
    }
    return 0;
  };
}

interface Due extends Planned {
  readonly decision: Extract<Decision, { kind: 'act' }>;
}

/** They differ with each certificate that is made, and with each write. */
const passing = ['resourceVersion', 'fingerprint', 'notAfter', 'renewAt'];

/** What a step comes to, whatever versions it rests on. */
const contentOf = ({ policy, decision }: Due): string =>
  JSON.stringify([policy, decision.step.effects], (key, value: unknown) => (passing.includes(key) ? undefined : value));

/** What is said of a step that was answered and is to be done again. */
function inVain({ name }: ClusterView, { policy, decision }: Due): string {
  const targets = decision.step.effects.map((effect) => targetOf(name, effect)).join(', ');
  return `${policy}: ${targets} was done and is as before: something undoes it, mostly another admission webhook or controller`;
}

/** The last pass ended so: it is said until this step is no longer to be done, and its own event is not told each time. */
function isToldAlready(view: ClusterView, why: string): boolean {
  const former = view.cluster.status?.conditions?.find(({ type }) => type === 'Stalled');
  return former?.reason === 'StepWithoutEffect' && former.message === messageOf(why);
}

const stalledBy = ({ policy, decision }: Due, why: string): Due => ({
  policy,
  decision: { ...decision, stalled: decision.stalled ?? { reason: 'StepWithoutEffect', why } },
});

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
 * and what comes out of that is done, whatever the caches said.
 */
function needsFreshLook({ view, planned }: Look): boolean {
  if (lacksSomething(view)) return true;
  if (planned?.decision.kind !== 'act') return planned?.decision.stalled !== undefined;
  const { step } = planned.decision;
  return (
    step.confirm ||
    step.effects.some((effect) => effect.do === 'create' || effect.do === 'delete' || effect.do === 'issue')
  );
}

/**
 * An object of ours that lost its label is in no cache: a Secret, or the revision that accepted the spec, in whose absence an older one
 * would be carried out.
 */
function lacksSomething({ cluster, identity, certificates, isSpecAccepted }: ClusterView): boolean {
  if (cluster.metadata.deletionTimestamp !== undefined) return false;
  if (identity && certificates.some(({ problem }) => problem === 'Missing')) return true;
  return !isSpecAccepted && cluster.spec.paused !== true;
}

async function takeStep(options: ReconcilerOptions, view: ClusterView, { policy, decision }: Due): Promise<void> {
  const { step, stalled } = decision;
  options.log.info({ cluster: `${view.namespace}/${view.name}`, policy, why: step.why }, 'step');
  await options.act(view, policy, step);
  if (step.event && stalled?.reason !== 'StepWithoutEffect') await options.recorder.record(view.cluster, step.event);
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
