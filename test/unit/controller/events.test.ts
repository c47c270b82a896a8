import { expect } from 'chai';
import type { Condition, ConditionStatus, ConditionType, EtcdClusterStatus, Reason } from '../../../api/index.js';
import { eventsOf } from '../../../controller/events.js';
import { plan } from '../../../controller/plan.js';
import { isWorthWriting, statusOf } from '../../../controller/status/index.js';
import { view, type ViewBuilder } from './view-builder.js';

/** "True/SpecReached" as a condition; `undefined` for "absent". */
function condition(type: ConditionType, state: string, message = 'why'): Condition | undefined {
  if (state === 'absent') return undefined;
  const [status, reason] = state.split('/') as [ConditionStatus, Reason];
  return { type, status, reason, message, lastTransitionTime: '2026-11-01T12:00:00Z' };
}

const statusWith = (...conditions: readonly (Condition | undefined)[]): EtcdClusterStatus => ({
  conditions: conditions.flatMap((each) => each ?? []),
});

const told = (former: EtcdClusterStatus | undefined, next: EtcdClusterStatus): readonly string[] =>
  eventsOf(former, next).map(({ type, reason, note }) => `${type} ${reason}: ${note}`);

interface Matrix {
  readonly type: ConditionType;
  /** All that conditions.ts can say of it. */
  readonly states: readonly string[];
  /** Every transition that is told; all others between these states, or from nothing, must not be. */
  readonly then: readonly string[];
}

const matrices: readonly Matrix[] = [
  {
    type: 'Ready',
    states: [
      'True/SpecReached',
      'True/Stopped',
      'False/OperationRunning',
      'False/MembersUnhealthy',
      'False/AwaitingMembers',
      'False/InvalidSpec',
      'False/Paused',
    ],
    then: [
      'absent → True/SpecReached: Normal SpecReached: why',
      'absent → True/Stopped: Normal Stopped: why',
      'absent → False/MembersUnhealthy: Warning MembersUnhealthy: why',
      'True/SpecReached → True/Stopped: Normal Stopped: why',
      'True/SpecReached → False/MembersUnhealthy: Warning MembersUnhealthy: why',
      'True/SpecReached → False/AwaitingMembers: Warning AwaitingMembers: why',
      'True/Stopped → True/SpecReached: Normal SpecReached: why',
      'True/Stopped → False/MembersUnhealthy: Warning MembersUnhealthy: why',
      'True/Stopped → False/AwaitingMembers: Warning AwaitingMembers: why',
      'False/OperationRunning → True/SpecReached: Normal SpecReached: why',
      'False/OperationRunning → True/Stopped: Normal Stopped: why',
      'False/MembersUnhealthy → True/SpecReached: Normal SpecReached: why',
      'False/MembersUnhealthy → True/Stopped: Normal Stopped: why',
      'False/AwaitingMembers → True/SpecReached: Normal SpecReached: why',
      'False/AwaitingMembers → True/Stopped: Normal Stopped: why',
      'False/AwaitingMembers → False/MembersUnhealthy: Warning MembersUnhealthy: why',
      'False/InvalidSpec → True/SpecReached: Normal SpecReached: why',
      'False/InvalidSpec → True/Stopped: Normal Stopped: why',
      'False/InvalidSpec → False/MembersUnhealthy: Warning MembersUnhealthy: why',
      'False/Paused → True/SpecReached: Normal SpecReached: why',
      'False/Paused → True/Stopped: Normal Stopped: why',
      'False/Paused → False/MembersUnhealthy: Warning MembersUnhealthy: why',
    ],
  },
  {
    type: 'Available',
    states: ['True/ReadSucceeded', 'False/ReadFailed', 'False/NotBootstrapped', 'False/Stopped'],
    then: [
      'True/ReadSucceeded → False/ReadFailed: Warning ReadFailed: why',
      'False/ReadFailed → True/ReadSucceeded: Normal ReadSucceeded: why',
    ],
  },
  { type: 'Reconciling', states: ['False/UpToDate', 'True/Creating', 'True/ScalingOut'], then: [] },
  {
    type: 'Stalled',
    states: ['False/Progressing', 'True/InvalidSpec', 'True/SealedRefusal'],
    then: [
      'absent → True/InvalidSpec: Warning InvalidSpec: why',
      'absent → True/SealedRefusal: Warning SealedRefusal: why',
      'False/Progressing → True/InvalidSpec: Warning InvalidSpec: why',
      'False/Progressing → True/SealedRefusal: Warning SealedRefusal: why',
      'True/InvalidSpec → False/Progressing: Normal StalledEnded: why',
      'True/InvalidSpec → True/SealedRefusal: Warning SealedRefusal: why',
      'True/SealedRefusal → False/Progressing: Normal StalledEnded: why',
      'True/SealedRefusal → True/InvalidSpec: Warning InvalidSpec: why',
    ],
  },
  {
    type: 'QuorumLost',
    states: ['False/QuorumHeld', 'True/QuorumLost', 'Unknown/EndpointsUnreachable'],
    then: [
      'absent → True/QuorumLost: Warning QuorumLost: why',
      'absent → Unknown/EndpointsUnreachable: Warning EndpointsUnreachable: why',
      'False/QuorumHeld → True/QuorumLost: Warning QuorumLost: why',
      'False/QuorumHeld → Unknown/EndpointsUnreachable: Warning EndpointsUnreachable: why',
      'True/QuorumLost → False/QuorumHeld: Normal QuorumLostEnded: why',
      'Unknown/EndpointsUnreachable → False/QuorumHeld: Normal QuorumLostEnded: why',
      'Unknown/EndpointsUnreachable → True/QuorumLost: Warning QuorumLost: why',
    ],
  },
  {
    type: 'AlarmActive',
    states: ['False/NoAlarms', 'True/NoSpace', 'True/Corrupt', 'Unknown/Unknown'],
    then: [
      'absent → True/NoSpace: Warning NoSpace: why',
      'absent → True/Corrupt: Warning Corrupt: why',
      'False/NoAlarms → True/NoSpace: Warning NoSpace: why',
      'False/NoAlarms → True/Corrupt: Warning Corrupt: why',
      'True/NoSpace → False/NoAlarms: Normal AlarmActiveEnded: why',
      'True/NoSpace → True/Corrupt: Warning Corrupt: why',
      'True/Corrupt → False/NoAlarms: Normal AlarmActiveEnded: why',
      'True/Corrupt → True/NoSpace: Warning NoSpace: why',
      'Unknown/Unknown → True/NoSpace: Warning NoSpace: why',
      'Unknown/Unknown → True/Corrupt: Warning Corrupt: why',
    ],
  },
  {
    type: 'CertificatesReady',
    states: [
      'True/CertificatesIssued',
      'True/CertificatesDisabled',
      'True/AuthorityEnding',
      'False/CertificatesPending',
      'False/SecretUnfit',
      'Unknown/Unknown',
    ],
    then: [
      'absent → True/AuthorityEnding: Warning AuthorityEnding: why',
      'absent → False/SecretUnfit: Warning SecretUnfit: why',
      'True/CertificatesIssued → True/AuthorityEnding: Warning AuthorityEnding: why',
      'True/CertificatesIssued → False/SecretUnfit: Warning SecretUnfit: why',
      'True/CertificatesDisabled → True/AuthorityEnding: Warning AuthorityEnding: why',
      'True/CertificatesDisabled → False/SecretUnfit: Warning SecretUnfit: why',
      'True/AuthorityEnding → True/CertificatesIssued: Normal CertificatesIssued: why',
      'True/AuthorityEnding → True/CertificatesDisabled: Normal CertificatesDisabled: why',
      'True/AuthorityEnding → False/SecretUnfit: Warning SecretUnfit: why',
      'False/CertificatesPending → True/AuthorityEnding: Warning AuthorityEnding: why',
      'False/CertificatesPending → False/SecretUnfit: Warning SecretUnfit: why',
      'False/SecretUnfit → True/CertificatesIssued: Normal CertificatesIssued: why',
      'False/SecretUnfit → True/CertificatesDisabled: Normal CertificatesDisabled: why',
      'False/SecretUnfit → True/AuthorityEnding: Warning AuthorityEnding: why',
      'Unknown/Unknown → True/AuthorityEnding: Warning AuthorityEnding: why',
      'Unknown/Unknown → False/SecretUnfit: Warning SecretUnfit: why',
    ],
  },
  {
    type: 'Paused',
    states: ['False/NotPaused', 'True/Paused'],
    then: [
      'absent → True/Paused: Normal Paused: why',
      'False/NotPaused → True/Paused: Normal Paused: why',
      'True/Paused → False/NotPaused: Normal Resumed: why',
    ],
  },
];

describe('events of conditions', () => {
  for (const { type, states, then } of matrices) {
    it(`of all transitions of ${type} these are told`, () => {
      const pairs = ['absent', ...states].flatMap((from) => states.map((to) => [from, to] as const));
      const all = pairs.flatMap(([from, to]) =>
        told(statusWith(condition(type, from)), statusWith(condition(type, to))).map(
          (event) => `${from} → ${to}: ${event}`,
        ),
      );
      expect(all).to.deep.equal(then);
    });
  }
});

interface MessageRow {
  readonly type: ConditionType;
  readonly state: string;
  readonly then: readonly string[];
}

const changedMessages: readonly MessageRow[] = [
  { type: 'Ready', state: 'False/MembersUnhealthy', then: [] },
  { type: 'Available', state: 'False/ReadFailed', then: [] },
  { type: 'Stalled', state: 'True/SealedRefusal', then: ['Warning SealedRefusal: another'] },
  { type: 'Stalled', state: 'False/Progressing', then: [] },
  { type: 'QuorumLost', state: 'True/QuorumLost', then: [] },
  { type: 'AlarmActive', state: 'True/NoSpace', then: [] },
  { type: 'CertificatesReady', state: 'False/SecretUnfit', then: [] },
];

describe('events of a message that alone changed', () => {
  for (const { type, state, then } of changedMessages) {
    it(`${type} ${state}: ${then.length > 0 ? 'told, it is what a person has to do' : 'not told'}`, () => {
      const next = statusWith(condition(type, state, 'another'));
      expect(told(statusWith(condition(type, state)), next)).to.deep.equal(then);
    });
  }
});

interface Chapter {
  readonly when: string;
  readonly of: () => ViewBuilder;
  readonly then: readonly string[];
}

/** Each chapter follows the one before it: its former status is what that one wrote. */
function tell(story: readonly Chapter[]): void {
  let status: EtcdClusterStatus | undefined;
  for (const { when, of, then } of story) {
    const built = of().after(status).build();
    const next = statusOf(built, plan(built));
    expect({ when, events: told(status, next) }).to.deep.equal({ when, events: then });
    if (then.length > 0)
      expect({ when, worth: isWorthWriting(status, next, built.now) }).to.deep.equal({ when, worth: true });
    expect({ when, events: told(next, next) }).to.deep.equal({ when, events: [] });
    status = next;
  }
}

const answers = (healthy: number, voters = healthy): string => `${healthy} of ${voters} members answer`;
const reached = (size: number): string => `Normal SpecReached: ${answers(size)}`;
const stopped = 'Normal Stopped: stopped: no member runs, volumes are kept';

const ordinaryLife: readonly Chapter[] = [
  { when: 'it is applied', of: () => view().unborn(1), then: [] },
  { when: 'its member starts', of: () => view().running(1).notLatched().unhealthy(0), then: [] },
  { when: 'it is up and not latched', of: () => view().running(1).notLatched(), then: [] },
  { when: 'it is latched and no pod is ready', of: () => view().running(1).notReady(), then: [] },
  { when: 'clients can reach it', of: () => view().running(1), then: [reached(1)] },
  { when: 'three are wanted', of: () => view().running(1).size(3), then: [] },
  { when: 'a learner joins', of: () => view().running(1).size(3).learner('joining'), then: [] },
  { when: 'a read fails for a moment', of: () => view().running(2).size(3).withoutQuorum(), then: [] },
  { when: 'and succeeds again', of: () => view().running(2).size(3), then: [] },
  { when: 'the last one was promoted and does not answer yet', of: () => view().running(3).unhealthy(2), then: [] },
  { when: 'all vote', of: () => view().running(3), then: [reached(3)] },
  { when: 'one is wanted', of: () => view().running(3).size(1), then: [] },
  { when: 'a member left', of: () => view().running(3).size(1).departed('removed'), then: [] },
  { when: 'one is left', of: () => view().running(1), then: [reached(1)] },
  { when: 'it is to stop', of: () => view().running(1).size(0), then: [] },
  { when: 'it is stopped', of: () => view().running(1).size(0).asleep(), then: [stopped] },
  { when: 'it is to wake', of: () => view().running(1).asleep(), then: [] },
  { when: 'its member starts again', of: () => view().running(1).withoutQuorum().stoppedPod(0).notReady(), then: [] },
  { when: 'it answers and its pod is not ready', of: () => view().running(1).notReady(), then: [] },
  { when: 'it runs', of: () => view().running(1), then: [reached(1)] },
];

const three = (): ViewBuilder => view().running(3);
const fails = (reachable: number): string =>
  `Warning ReadFailed: no member answers a linearizable read; ${reachable} of 3 answer at all`;
const succeeds = 'Normal ReadSucceeded: a linearizable read succeeded';
const unhealthy = (healthy: number): string => `Warning MembersUnhealthy: ${answers(healthy, 3)}`;
const loses = (running: number): string =>
  `Warning QuorumLost: ${running} of 3 members run, 2 must; nothing destructive is done: bring members back`;
const held = 'Normal QuorumLostEnded: 3 of 3 voters answer, 2 are needed';
const lost = (): ViewBuilder => three().withoutQuorum().stoppedPod(1).stoppedPod(2);
const cutOff = (): ViewBuilder => three().withoutQuorum().unhealthy(0).unhealthy(1).unhealthy(2);
const refuses = (pods: string): string =>
  `Warning SealedRefusal: ${pods}: refuses to start, its disk is empty or holds other data than this member's; put the volume back`;

const hardLife: readonly Chapter[] = [
  { when: 'three run', of: three, then: [reached(3)] },
  { when: 'one is lost', of: () => three().stoppedPod(2), then: [unhealthy(2)] },
  { when: 'its disk was emptied', of: () => three().refusesDisk(2), then: [refuses('orders-2')] },
  { when: 'another one is', of: () => three().refusesDisk(2).refusesDisk(1), then: [refuses('orders-1, orders-2')] },
  {
    when: 'all are back',
    of: three,
    then: [reached(3), 'Normal StalledEnded: nothing needs a person'],
  },
  { when: 'two are lost', of: lost, then: [unhealthy(0), fails(1)] },
  { when: 'five seconds later', of: () => lost().later(5_000), then: [loses(1)] },
  { when: 'all come back', of: () => three().later(9_000), then: [reached(3), succeeds, held] },
  { when: 'none can be reached', of: () => cutOff().later(20_000), then: [unhealthy(0), fails(0)] },
  {
    when: 'five seconds later',
    of: () => cutOff().later(25_000),
    then: ['Warning EndpointsUnreachable: 3 members run and none can be reached from here'],
  },
  { when: 'the network is back', of: () => three().later(30_000), then: [reached(3), succeeds, held] },
  {
    when: 'there is no space',
    of: () => three().alarm('NOSPACE', 0),
    then: ['Warning NoSpace: NOSPACE 0000000000000001'],
  },
  {
    when: 'nobody says whether there is',
    of: () => cutOff().later(40_000),
    then: [unhealthy(0), fails(0)],
  },
];

describe('events of a life', () => {
  it('that is ordinary has no warnings, and each goal is told once', () => tell(ordinaryLife));
  it('that is hard: each trouble and its end are told once', () => tell(hardLife));
});
