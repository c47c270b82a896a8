/** The conditions, each from this pass's view alone; only transition times come from the former status. */
import type { Condition, ConditionStatus, ConditionType, OperationStatus, Reason } from '../../api/index.js';
import { endingAuthorities, lostAuthorities, type CertificatesView } from '../certificates-view.js';
import type { Planned } from '../plan.js';
import { isBorn } from '../situation.js';
import { stallOf } from '../step.js';
import type { ClusterView } from '../view.js';
import type { Health } from './health.js';

export interface Judged {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: Reason;
  readonly message: string;
}

export interface StatusInput {
  readonly view: ClusterView;
  readonly health: Health;
  readonly operation: OperationStatus | undefined;
  readonly planned: Planned | undefined;
}

const judged = (type: ConditionType, status: ConditionStatus | boolean, reason: Reason, message: string): Judged => ({
  type,
  status: typeof status === 'string' ? status : status ? 'True' : 'False',
  reason,
  message: messageOf(message),
});

/** As much of it as the CRD takes. */
export const messageOf = (text: string): string => text.slice(0, 1_000);

export function conditionsOf(input: StatusInput): readonly Condition[] {
  const stalledNow = stalled(input);
  const all = [
    ready(input, stalledNow),
    available(input),
    reconciling(input),
    stalledNow,
    quorumLost(input),
    alarmActive(input),
    certificatesReady(input),
    paused(input),
  ];
  const { cluster, now } = input.view;
  return all.map((each) => {
    const former = cluster.status?.conditions?.find(({ type }) => type === each.type);
    const lastTransitionTime = former?.status === each.status ? former.lastTransitionTime : toSeconds(now);
    return { ...each, observedGeneration: cluster.metadata.generation, lastTransitionTime };
  });
}

/** metav1.Time has whole seconds: anything finer would come back changed. */
export const toSeconds = (now: number): string =>
  new Date(Math.floor(now / 1000) * 1000).toISOString().replace('.000Z', 'Z');

function ready({ view, health, operation }: StatusInput, stalledNow: Judged): Judged {
  if (stalledNow.status === 'True') return judged('Ready', false, stalledNow.reason, stalledNow.message);
  if (operation)
    return judged(
      'Ready',
      false,
      'OperationRunning',
      `${operation.type} from ${operation.from ?? '?'} to ${operation.to ?? '?'}`,
    );
  if (!view.accepted || !view.isSpecAccepted) return notAccepted(view);
  if (view.accepted.spec.size === 0)
    return judged('Ready', true, 'Stopped', 'stopped: no member runs, volumes are kept');
  return serving(health);
}

function serving({ quorum: { voters, healthy }, isServed }: Health): Judged {
  const answer = `${healthy} of ${voters} members answer`;
  if (healthy < voters || voters === 0) return judged('Ready', false, 'MembersUnhealthy', answer);
  // Whoever waits for Ready connects next, and would find a Service without endpoints.
  if (!isServed)
    return judged('Ready', false, 'AwaitingMembers', `${answer}, no pod that clients may reach is ready yet`);
  return judged('Ready', true, 'SpecReached', answer);
}

function notAccepted({ cluster }: ClusterView): Judged {
  if (cluster.spec.paused === true)
    return judged('Ready', false, 'Paused', 'paused: the newest spec waits to be accepted');
  return judged('Ready', false, 'AwaitingMembers', 'the spec has not been accepted yet');
}

function available({ view, health }: StatusInput): Judged {
  if (health.isAvailable) return judged('Available', true, 'ReadSucceeded', 'a linearizable read succeeded');
  if (health.isStopped || view.accepted?.spec.size === 0) return judged('Available', false, 'Stopped', 'stopped');
  if (!health.isBootstrapped)
    return judged('Available', false, 'NotBootstrapped', 'not all first members have started');
  return judged(
    'Available',
    false,
    'ReadFailed',
    `no member answers a linearizable read; ${health.reachable} of ${health.quorum.voters} answer at all`,
  );
}

const doing: Readonly<Record<OperationStatus['type'], Reason>> = {
  Create: 'Creating',
  ScaleOut: 'ScalingOut',
  ScaleIn: 'ScalingIn',
  Stop: 'Stopping',
  Wake: 'Waking',
  Update: 'Updating',
  Replace: 'Updating',
  Restore: 'Updating',
  Recover: 'Updating',
};

function reconciling({ operation }: StatusInput): Judged {
  if (!operation) return judged('Reconciling', false, 'UpToDate', 'nothing is under way');
  return judged(
    'Reconciling',
    true,
    doing[operation.type],
    `${operation.type} from ${operation.from ?? '?'} to ${operation.to ?? '?'}`,
  );
}

/** What only a person can solve. A refused spec comes first: it is what the user just did. */
function stalled({ view, health, planned }: StatusInput): Judged {
  const { causes } = view.verdict;
  if (causes.length > 0) {
    return judged(
      'Stalled',
      true,
      'InvalidSpec',
      causes.map(({ field, message }) => `${field}: ${message}`).join('; '),
    );
  }
  const stall = stallOf(planned?.decision);
  if (stall) return judged('Stalled', true, stall.reason, stall.why);
  if (health.refusals.length > 0) {
    const who = health.refusals.join(', ');
    return judged(
      'Stalled',
      true,
      'SealedRefusal',
      `${who}: refuses to start, its disk is empty or holds other data than this member's; put the volume back`,
    );
  }
  return judged('Stalled', false, 'Progressing', 'nothing needs a person');
}

/** A leader election takes a second or two; only a longer silence is called a loss. */
const silenceMs = 5_000;

/** Pods, volumes and etcd itself need their time after a wake. */
const wakeMs = 60_000;

function quorumLost(input: StatusInput): Judged {
  const { health } = input;
  const { voters, needed } = health.quorum;
  const excuse = whyHeld(input);
  if (excuse !== undefined) return judged('QuorumLost', false, 'QuorumHeld', excuse);
  if (health.reachable === 0 && health.running >= needed) {
    const message = `${health.running} members run and none can be reached from here`;
    return judged('QuorumLost', 'Unknown', 'EndpointsUnreachable', message);
  }
  const message = `${health.running} of ${voters} members run, ${needed} must; nothing destructive is done: bring members back`;
  return judged('QuorumLost', true, 'QuorumLost', message);
}

/** Why a quorum cannot be called lost; undefined: it can. */
function whyHeld({ view, health, operation }: StatusInput): string | undefined {
  const { voters, healthy, needed } = health.quorum;
  if (!health.isBootstrapped || health.isStopped) return 'no members run';
  if (health.isAvailable) return `${healthy} of ${voters} voters answer, ${needed} are needed`;
  const isWaking = operation?.type === 'Wake' && view.now - Date.parse(operation.startedAt) < wakeMs;
  if (isWaking) return 'members are being started';
  return view.now - silentSince(view) < silenceMs ? 'no answer for less than five seconds' : undefined;
}

function silentSince({ cluster, now }: ClusterView): number {
  const former = cluster.status?.conditions?.find(({ type }) => type === 'Available');
  return former?.status === 'False' ? Date.parse(former.lastTransitionTime) : now;
}

function alarmActive({ view, health }: StatusInput): Judged {
  const alarms = alarmsOf(view);
  if (alarms.length > 0) {
    const isCorrupt = alarms.some((alarm) => alarm.startsWith('CORRUPT'));
    return judged('AlarmActive', true, isCorrupt ? 'Corrupt' : 'NoSpace', alarms.join(', '));
  }
  // Every member that answers knows the alarms of all; where none does, an alarm has not ended.
  const isMute = ![...(view.etcd?.probes.values() ?? [])].some(({ status }) => status !== undefined);
  if (health.isBootstrapped && !health.isStopped && isMute)
    return judged('AlarmActive', 'Unknown', 'Unknown', 'no member answers');
  return judged('AlarmActive', false, 'NoAlarms', 'no alarm');
}

export function alarmsOf(view: ClusterView): readonly string[] {
  const all = [...(view.etcd?.probes.values() ?? [])].flatMap(({ alarms }) =>
    (alarms ?? []).map(({ type, memberID }) => `${type} ${memberID}`),
  );
  return [...new Set(all)].sort();
}

/** SecretUnfit is what the operator will not put right by itself; everything else that lacks is being issued. */
function certificatesReady({ view, planned }: StatusInput): Judged {
  const { certificates, now } = view;
  if (!view.accepted) return judged('CertificatesReady', 'Unknown', 'Unknown', 'the spec has not been accepted yet');
  if (certificates.length === 0) return judged('CertificatesReady', true, 'CertificatesDisabled', 'TLS is disabled');
  const lost = lostAuthorities(certificates, isBorn(view));
  if (lost.length > 0) {
    const message = `${listed(lost)}; members trust the one they have, so none is made anew: put it back, or move to a new cluster`;
    return judged('CertificatesReady', false, 'SecretUnfit', message);
  }
  const lacking = certificates.filter(
    ({ problem, notAfter = Infinity }) => problem === 'Missing' || problem === 'Unfit' || notAfter <= now,
  );
  if (lacking.length === 0) return endOfAuthorities(certificates, now);
  const isHeldUp = view.cluster.spec.paused === true || planned?.policy === 'identity';
  const isLeft = isHeldUp && isBorn(view);
  return judged('CertificatesReady', false, isLeft ? 'SecretUnfit' : 'CertificatesPending', listed(lacking));
}

const listed = (certificates: CertificatesView): string =>
  certificates
    .map(({ secret, problem, detail, notAfter = 0 }) => {
      const what = problem === 'Missing' ? 'is missing' : `ended on ${toSeconds(notAfter)}`;
      return `${secret.name}: ${detail ?? what}`;
    })
    .join('; ');

/** The message has the day and not what is left of the time: at rest it must not change. */
function endOfAuthorities(certificates: CertificatesView, now: number): Judged {
  const ending = endingAuthorities(certificates, now);
  if (ending.length === 0)
    return judged('CertificatesReady', true, 'CertificatesIssued', `${certificates.length} certificates are good`);
  const list = ending.map(({ secret, notAfter = 0 }) => `${secret.name} on ${toSeconds(notAfter)}`).join(', ');
  const message = `authorities are not renewed and these end: ${list}; nothing they signed is valid then: move to a new cluster before`;
  return judged('CertificatesReady', true, 'AuthorityEnding', message);
}

function paused({ view }: StatusInput): Judged {
  const isPaused = view.cluster.spec.paused === true;
  return judged(
    'Paused',
    isPaused,
    isPaused ? 'Paused' : 'NotPaused',
    isPaused ? 'spec.paused is true' : 'spec.paused is false',
  );
}
