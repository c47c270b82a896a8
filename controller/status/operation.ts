/** What is being carried out, from what is wanted against what is. */
import type { OperationStatus, OperationType, Phase } from '../../api/index.js';
import type { Planned } from '../plan.js';
import { isLiving, targetSize, wantsToStop } from '../situation.js';
import type { ClusterView } from '../view.js';
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
  const former = view.cluster.status?.operation;
  const [from, to] = [String(change.from), String(change.to)];
  const isSame = former?.type === change.type && former.to === to;
  const step = planned ? stepOf(planned) : undefined;
  return {
    type: change.type,
    from: isSame && former.from !== undefined ? former.from : from,
    to,
    ...(step !== undefined && { step }),
    startedAt: isSame ? former.startedAt : new Date(view.now).toISOString(),
  };
}

const stepOf = ({ policy, decision }: Planned): string =>
  `${policy}: ${decision.kind === 'act' ? decision.step.why : decision.why}`.slice(0, 250);

function changeOf(view: ClusterView, health: Health): Change | undefined {
  const size = view.accepted?.spec.size;
  if (size === undefined || view.cluster.metadata.deletionTimestamp !== undefined) return undefined;
  const { voters } = health.quorum;
  if (!health.isBootstrapped) return size > 0 ? { type: 'Create', from: 0, to: size } : undefined;
  if (wantsToStop(view))
    return health.isStopped && view.pods.length === 0 ? undefined : { type: 'Stop', from: voters, to: 0 };
  const wasWaking = view.cluster.status?.operation?.type === 'Wake' || view.cluster.status?.stoppedSize !== undefined;
  if (health.isStopped || (wasWaking && health.quorum.healthy < voters)) return { type: 'Wake', from: 0, to: size };
  const learners = view.etcd?.membership?.learners.length ?? 0;
  const isReleasing = view.identity?.identity.members.some(({ state }) => state === 'removed') === true;
  const target = isLiving(view) ? targetSize(view) : size;
  if (voters < target || (learners > 0 && voters <= target)) return { type: 'ScaleOut', from: voters, to: target };
  if (voters > target || learners > 0 || isReleasing) return { type: 'ScaleIn', from: voters, to: target };
  return undefined;
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

export function phaseOf(
  view: ClusterView,
  health: Health,
  operation: OperationStatus | undefined,
  isStalled: boolean,
): Phase {
  if (!view.accepted) return isStalled ? 'Failed' : 'Pending';
  if (isStalled && !health.isAvailable && !health.isStopped) return 'Failed';
  // On the way to one volume the cluster still serves and shrinks: that is scaling. Stopping begins when the last members go.
  if (operation?.type === 'Stop' && !health.isStopped && health.quorum.voters > 1 && keepsOne(view)) return 'Scaling';
  if (operation) return phaseOfOperation[operation.type];
  if (!health.isBootstrapped || health.isStopped) return view.accepted.spec.size === 0 ? 'Stopped' : 'Creating';
  return health.quorum.healthy < health.quorum.voters ? 'Degraded' : 'Running';
}

const keepsOne = (view: ClusterView): boolean =>
  view.accepted?.spec.storage.retentionPolicy.whenStopped === 'RetainOne';
