/** Kubernetes events: what a person sees in `kubectl describe`. Losing one is no failure of the step it tells of. */
import type {
  Condition,
  ConditionStatus,
  ConditionType,
  EtcdCluster,
  EtcdClusterStatus,
  Random,
  Reason,
} from '../api/index.js';
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

/** "False/ReadFailed", or any reason of a status: "True". */
type State = ConditionStatus | `${ConditionStatus}/${Reason}`;

interface Telling {
  readonly of: ConditionType;
  /** From one of these; without it from anything else, or nothing. */
  readonly from?: readonly State[];
  readonly except?: readonly State[];
  readonly to: State;
  readonly type: EventNote['type'];
  /** Of the event; without it the condition's own. */
  readonly reason?: string;
  /** Told again when only the message is another: it names what a person has to do. */
  readonly alsoMessage?: true;
  /** Not told while an operation runs: it belongs to that, and whatever is lost in earnest is a lost quorum. */
  readonly atRest?: true;
}

/**
 * All transitions of conditions that are told; the first that fits tells. What an operation passes through on its way is not: its steps
 * have events of their own. A member that was just promoted does not answer in the same instant, so
 * OperationRunning → MembersUnhealthy is no news either.
 */
const tellings: readonly Telling[] = [
  { of: 'Ready', to: 'True', type: 'Normal' },
  { of: 'Ready', except: ['False/OperationRunning'], to: 'False/MembersUnhealthy', type: 'Warning' },
  { of: 'Ready', from: ['True'], to: 'False/AwaitingMembers', type: 'Warning' },
  { of: 'Available', from: ['True'], to: 'False/ReadFailed', type: 'Warning', atRest: true },
  { of: 'Available', from: ['False/ReadFailed'], to: 'True', type: 'Normal', atRest: true },
  { of: 'Stalled', to: 'True', type: 'Warning', alsoMessage: true },
  { of: 'Stalled', from: ['True'], to: 'False', type: 'Normal', reason: 'StalledEnded' },
  { of: 'QuorumLost', to: 'True', type: 'Warning' },
  { of: 'QuorumLost', except: ['True'], to: 'Unknown', type: 'Warning' },
  { of: 'QuorumLost', from: ['True', 'Unknown'], to: 'False', type: 'Normal', reason: 'QuorumLostEnded' },
  { of: 'AlarmActive', to: 'True', type: 'Warning' },
  { of: 'AlarmActive', from: ['True'], to: 'False', type: 'Normal', reason: 'AlarmActiveEnded' },
  { of: 'CertificatesReady', to: 'False/SecretUnfit', type: 'Warning' },
  { of: 'CertificatesReady', to: 'True/AuthorityEnding', type: 'Warning' },
  { of: 'CertificatesReady', from: ['False/SecretUnfit', 'True/AuthorityEnding'], to: 'True', type: 'Normal' },
  { of: 'Paused', to: 'True', type: 'Normal' },
  { of: 'Paused', from: ['True'], to: 'False', type: 'Normal', reason: 'Resumed' },
];

/**
 * Events that a change of status deserves. They are recorded after the status was written and are computed against what stood there before:
 * an operator that dies in between loses them, and none is ever told twice. The conditions have it all, with their times.
 */
export function eventsOf(former: EtcdClusterStatus | undefined, next: EtcdClusterStatus): readonly EventNote[] {
  const isAtRest = former?.operation === undefined && next.operation === undefined;
  return (next.conditions ?? []).flatMap((after) => {
    const before = former?.conditions?.find(({ type }) => type === after.type);
    const told = tellings.find((each) => (isAtRest || !each.atRest) && fits(each, before, after));
    return told ? [{ type: told.type, reason: told.reason ?? after.reason, note: after.message }] : [];
  });
}

function fits(telling: Telling, before: Condition | undefined, after: Condition): boolean {
  const { of, from, except, to, alsoMessage } = telling;
  if (of !== after.type || !isIn([to], after)) return false;
  if (before?.status === after.status && before.reason === after.reason)
    return alsoMessage === true && before.message !== after.message;
  return (from === undefined || isIn(from, before)) && !isIn(except ?? [], before);
}

const isIn = (states: readonly State[], condition: Condition | undefined): boolean =>
  condition !== undefined &&
  states.some((state) => state === condition.status || state === `${condition.status}/${condition.reason}`);
