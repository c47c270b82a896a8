/** What is being carried out, from what is wanted against what is. */
import type { OperationStatus, OperationType, Phase } from '../../api/index.js';
import type { Planned } from '../plan.js';
import { isLiving, targetSize, type LivingView } from '../situation.js';
import type { ClusterView } from '../view.js';
import { toSeconds } from './conditions.js';
import type { Health } from './health.js';

interface Change {
  readonly type: OperationType;
  readonly from: number;
  readonly to: number;
}

export function operationOf(
  view: ClusterView,
  health: Health,
  planned: Planned | undefined,
): OperationStatus | undefined {
  const change = changeOf(view, health);
  if (!change) return undefined;
  const { type } = change;
  const to = String(change.to);
  const former = view.cluster.status?.operation;
  const isSame = former?.type === type && former.to === to;
  const begun = isSame ? former : { from: String(change.from), startedAt: toSeconds(view.now) };
  return { ...begun, type, to, step: planned ? stepOf(planned) : 'waiting for members to answer' };
}

const stepOf = ({ policy, decision }: Planned): string =>
  `${policy}: ${decision.kind === 'act' ? decision.step.why : decision.why}`.slice(0, 250);

function changeOf(view: ClusterView, health: Health): Change | undefined {
  const size = view.accepted?.spec.size;
  if (size === undefined || view.cluster.metadata.deletionTimestamp !== undefined) return undefined;
  const { voters } = health.quorum;
  if (size === 0) return isAtRest(view, health) ? undefined : { type: 'Stop', from: voters, to: 0 };
  if (isCreating(view, health)) return { type: 'Create', from: 0, to: size };
  if (isWaking(view, health)) return { type: 'Wake', from: 0, to: size };
  return isLiving(view) ? resizing(view, voters) : undefined;
}

const isAtRest = (view: ClusterView, health: Health): boolean =>
  view.identity === undefined || (health.isStopped && view.pods.length === 0);

/** A birth lasts until clients have somewhere to go. */
const isCreating = ({ cluster }: ClusterView, health: Health): boolean =>
  !health.isBootstrapped || (cluster.status?.operation?.type === 'Create' && !health.isStopped && !health.isServed);

/**
 * A wake lasts until every member answers and clients have somewhere to go; what it was begun for is remembered by the former status
 * alone.
 */
function isWaking({ cluster }: ClusterView, health: Health): boolean {
  if (health.isStopped) return true;
  const wasWaking = cluster.status?.operation?.type === 'Wake' || cluster.status?.stoppedSize !== undefined;
  return wasWaking && (health.quorum.healthy < health.quorum.voters || !health.isServed);
}

function resizing(view: LivingView, voters: number): Change | undefined {
  const learners = view.etcd?.membership?.learners.length ?? 0;
  const to = targetSize(view);
  const change = { from: voters, to };
  if (voters < to || (learners > 0 && voters === to)) return { type: 'ScaleOut', ...change };
  return voters > to || learners > 0 || isReleasing(view) ? { type: 'ScaleIn', ...change } : undefined;
}

/** The memory of a member outlives its membership: its pod and volume are still on their way out. */
function isReleasing({ identity, etcd }: LivingView): boolean {
  const listed = etcd?.membership?.byOrdinal.size;
  return listed !== undefined && identity.identity.members.length > listed;
}

const phaseOfOperation: Readonly<Record<OperationType, Phase>> = {
  Create: 'Creating',
  ScaleOut: 'Scaling',
  ScaleIn: 'Scaling',
  Stop: 'Stopping',
  // From outside the same as a birth: pods come, then the cluster answers.
  Wake: 'Creating',
  Update: 'Updating',
  Replace: 'Recovering',
  Restore: 'Restoring',
  Recover: 'Recovering',
};

export interface Standing {
  readonly health: Health;
  readonly operation: OperationStatus | undefined;
  readonly isStalled: boolean;
}

export function phaseOf(view: ClusterView, { health, operation, isStalled }: Standing): Phase {
  if (!view.accepted) return isStalled ? 'Failed' : 'Pending';
  if (isStalled && !health.isAvailable && !health.isStopped) return 'Failed';
  if (operation) return shrinksFirst(view, health, operation) ? 'Scaling' : phaseOfOperation[operation.type];
  if (view.accepted.spec.size === 0) return 'Stopped';
  return isWell(health) ? 'Running' : 'Degraded';
}

const isWell = ({ quorum, isServed }: Health): boolean => quorum.healthy >= quorum.voters && isServed;

/** On the way to one volume the cluster still serves and shrinks: that is scaling. Stopping begins when the last member goes. */
const shrinksFirst = (view: ClusterView, health: Health, operation: OperationStatus): boolean =>
  operation.type === 'Stop' &&
  !health.isStopped &&
  health.quorum.voters > 1 &&
  view.accepted?.spec.storage.retentionPolicy.whenStopped === 'RetainOne';
