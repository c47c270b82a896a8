import type { Exit } from './container.js';
import type { Condition, Container, Pod } from './types.js';

/** How far a pod's container is. */
export type Stage =
  | { readonly at: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly at: 'running'; readonly startedAt: Date; readonly started: boolean; readonly ready: boolean }
  | { readonly at: 'ended'; readonly exit: Exit };

export interface View {
  readonly stage: Stage;
  readonly restarts: number;
  readonly last?: Exit | undefined;
  readonly podIP?: string | undefined;
  readonly hostIP: string;
  /** When the runner took the pod on. */
  readonly since: Date;
}

const stamp = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');

/** A pod's status as the kubelet writes it, for a strategic merge patch: conditions of others stay. */
export function statusOf(pod: Pod, container: Container, view: View, now: Date): object {
  const { stage } = view;
  const isReady = stage.at === 'running' && stage.ready;
  const id = `runner://${pod.metadata.uid}/${container.name}/${view.restarts}`;
  return {
    phase: phaseOf(pod, view),
    conditions: conditionsOf(pod, view, isReady, now),
    hostIP: view.hostIP,
    hostIPs: [{ ip: view.hostIP }],
    startTime: stamp(view.since),
    ...(view.podIP === undefined ? {} : { podIP: view.podIP, podIPs: [{ ip: view.podIP }, { $patch: 'replace' }] }),
    containerStatuses: [
      {
        name: container.name,
        image: container.image,
        imageID: container.image,
        ...(view.podIP === undefined ? {} : { containerID: id }),
        ready: isReady,
        started: stage.at === 'running' && stage.started,
        restartCount: view.restarts,
        state: stateOf(container, stage),
        ...(view.last === undefined ? {} : { lastState: { terminated: terminated(container, view.last) } }),
      },
    ],
  };
}

function phaseOf(pod: Pod, { stage, restarts }: View): string {
  switch (stage.at) {
    case 'running':
      return 'Running';
    case 'waiting':
      return restarts > 0 || stage.reason === 'CrashLoopBackOff' ? 'Running' : 'Pending';
    case 'ended': {
      const isLast = pod.metadata.deletionTimestamp !== undefined || pod.spec.restartPolicy === 'Never';
      if (!isLast) return 'Running';
      return stage.exit.exitCode === 0 ? 'Succeeded' : 'Failed';
    }
  }
}

function conditionsOf(pod: Pod, { podIP }: View, isReady: boolean, now: Date): Condition[] {
  const wanted: Record<string, boolean> = {
    PodScheduled: true,
    PodReadyToStartContainers: podIP !== undefined,
    Initialized: true,
    ContainersReady: isReady,
    Ready: isReady,
  };
  return Object.entries(wanted).map(([type, isTrue]) => {
    const status = isTrue ? 'True' : 'False';
    const before = pod.status?.conditions?.find((condition) => condition.type === type);
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return { type, status, lastTransitionTime: since ?? stamp(now) };
  });
}

function stateOf(container: Container, stage: Stage): object {
  switch (stage.at) {
    case 'running':
      return { running: { startedAt: stamp(stage.startedAt) } };
    case 'waiting':
      return { waiting: { reason: stage.reason, ...(stage.message === undefined ? {} : { message: stage.message }) } };
    case 'ended':
      return { terminated: terminated(container, stage.exit) };
  }
}

function terminated(container: Container, exit: Exit): object {
  const isTold = container.terminationMessagePolicy === 'FallbackToLogsOnError' && exit.exitCode !== 0;
  return {
    exitCode: exit.exitCode,
    reason: exit.exitCode === 0 ? 'Completed' : 'Error',
    startedAt: stamp(exit.startedAt),
    finishedAt: stamp(exit.finishedAt),
    ...(isTold ? { message: exit.tail } : {}),
  };
}
