/** Kubernetes events: what a person sees in `kubectl describe`. Losing one is no failure of the step it tells of. */
import type { Condition, EtcdCluster, EtcdClusterStatus, Random } from '../api/index.js';
import { resources, type ApiClient } from '../kube/index.js';
import { audited, fieldManager } from './act.js';
import type { Effects } from './effects.js';
import type { EventNote } from './step.js';

export interface Recorder {
  record(cluster: EtcdCluster, note: EventNote): Promise<void>;
}

export interface RecorderOptions {
  readonly client: ApiClient;
  readonly effects: Effects;
  readonly random: Random;
  readonly now: () => number;
  /** This process, e.g. the pod's name. */
  readonly instance: string;
}

export function createRecorder({ client, effects, random, now, instance }: RecorderOptions): Recorder {
  return {
    async record(cluster, { type, reason, note }) {
      const { name, namespace, uid, resourceVersion } = cluster.metadata;
      const event = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: `${name}.${Buffer.from(random.bytes(8)).toString('hex')}`, namespace },
        regarding: { apiVersion: cluster.apiVersion, kind: cluster.kind, name, namespace, uid, resourceVersion },
        eventTime: new Date(now()).toISOString().replace('Z', '000Z'),
        reportingController: 'quorate.dev/controller',
        reportingInstance: instance.slice(0, 128),
        action: 'Reconcile',
        type,
        reason,
        note: note.slice(0, 1_024),
      };
      const intent = {
        cluster: `${namespace}/${name}`,
        policy: 'events',
        verb: 'create',
        target: `events/${reason}`,
        evidence: note,
        precondition: '',
      };
      await effects
        .perform(intent, (effect) => client.create(resources.events, event, { fieldManager, ...audited(effect) }))
        .catch(() => undefined);
    },
  };
}

/** Conditions whose turning True, and back, a person should hear of. */
const telling = ['Stalled', 'QuorumLost', 'AlarmActive'] as const;

/** Events that a change of status deserves. */
export function eventsOf(former: EtcdClusterStatus | undefined, next: EtcdClusterStatus): readonly EventNote[] {
  const of = (status: EtcdClusterStatus | undefined, type: string): Condition | undefined =>
    status?.conditions?.find((each) => each.type === type);
  const troubles = telling.flatMap((type) => trouble(of(former, type), of(next, type)));
  const after = of(next, 'Ready');
  const isNews = after?.status === 'True' && !isSame(of(former, 'Ready'), after);
  return isNews ? [...troubles, { type: 'Normal', reason: after.reason, note: after.message }] : troubles;
}

const isSame = (before: Condition | undefined, after: Condition): boolean =>
  before?.status === after.status && before.reason === after.reason;

function trouble(before: Condition | undefined, after: Condition | undefined): readonly EventNote[] {
  if (!after) return [];
  if (after.status === 'True') {
    return isSame(before, after) ? [] : [{ type: 'Warning', reason: after.reason, note: after.message }];
  }
  return before?.status === 'True' ? [{ type: 'Normal', reason: `${after.type}Ended`, note: after.message }] : [];
}
