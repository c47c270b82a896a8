/** Pods and volume claims as the API server sends them → what the plan needs of them. */
import { annotations, labels, names, ordinalOf } from '../api/names.js';
import type { KubeObject } from '../kube/index.js';
import type { PodView, VolumeView } from './view.js';

interface ContainerState {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: { readonly exitCode?: number; readonly message?: string; readonly finishedAt?: string };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  /** The startup probe has passed. */
  readonly started?: boolean;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface PodStatus {
  readonly podIP?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly message?: string;
    readonly reason?: string;
  }[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

/** Undefined for a pod that is not a member's. */
export function readPod(cluster: string, pod: KubeObject): PodView | undefined {
  const ordinal = ordinalOf(cluster, pod.metadata.name);
  if (ordinal === undefined) return undefined;
  const { uid = '', resourceVersion = '', creationTimestamp = '' } = pod.metadata;
  const status = (pod['status'] ?? {}) as PodStatus;
  return {
    name: pod.metadata.name,
    ordinal,
    uid,
    resourceVersion,
    ip: status.podIP,
    node: (pod['spec'] as { nodeName?: string } | undefined)?.nodeName,
    labels: pod.metadata.labels ?? {},
    annotations: pod.metadata.annotations ?? {},
    isDeleting: pod.metadata.deletionTimestamp !== undefined,
    createdAt: Date.parse(creationTimestamp),
    ...readConditions(status),
    ...readContainer(status),
  };
}

function readConditions({ conditions = [] }: PodStatus): Pick<PodView, 'isReady' | 'unscheduled'> {
  const scheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return {
    isReady: conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    unscheduled: scheduled && (scheduled.message ?? scheduled.reason),
  };
}

function readContainer({
  containerStatuses,
}: PodStatus): Pick<PodView, 'isRunning' | 'restarts' | 'waiting' | 'lastExit'> {
  const container = containerStatuses?.find(({ name }) => name === 'etcd');
  return {
    isRunning: container?.state?.running !== undefined,
    restarts: container?.restartCount ?? 0,
    waiting: container?.state?.waiting?.reason,
    lastExit: container && lastExit(container),
  };
}

/**
 * A container in a crash loop runs for a moment each time. Seen in that moment it is no better than before: what was said of it (Stalled)
 * would end and begin again with every restart, each time with events.
 */
function lastExit({ state = {}, lastState, started }: ContainerStatus): PodView['lastExit'] {
  if (state.running && started !== false) return undefined;
  const ended = state.terminated ?? lastState?.terminated;
  if (!ended) return undefined;
  return { code: ended.exitCode ?? 0, message: ended.message ?? '', at: Date.parse(ended.finishedAt ?? '') };
}

/** Undefined for a claim that has neither our label nor one of our names. */
export function readVolume(cluster: string, claim: KubeObject): VolumeView | undefined {
  const {
    name,
    uid = '',
    resourceVersion = '',
    labels: labelsOf = {},
    annotations: annotationsOf = {},
  } = claim.metadata;
  const prefix = `${names.volumeClaimTemplate}-`;
  const ordinal = name.startsWith(prefix) ? ordinalOf(cluster, name.slice(prefix.length)) : undefined;
  if (ordinal === undefined && labelsOf[labels.cluster] !== cluster) return undefined;
  const birth = annotationsOf[annotations.birth];
  return {
    name,
    ordinal,
    uid,
    resourceVersion,
    incarnation: labelsOf[labels.incarnation],
    clusterID: annotationsOf[annotations.clusterID],
    birth: birth === undefined ? undefined : Number(birth),
    memberID: annotationsOf[annotations.memberID],
    isDeleting: claim.metadata.deletionTimestamp !== undefined,
  };
}
