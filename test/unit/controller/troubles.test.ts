import { expect } from 'chai';
import type { Cause } from '../../../api/index.js';
import { plan } from '../../../controller/plan.js';
import { isWorthWriting, statusOf } from '../../../controller/status/index.js';
import { now, view, type ViewBuilder } from './view-builder.js';

const rest = new Map([
  ['Ready', 'True/SpecReached'],
  ['Available', 'True/ReadSucceeded'],
  ['Reconciling', 'False/UpToDate'],
  ['Stalled', 'False/Progressing'],
  ['QuorumLost', 'False/QuorumHeld'],
  ['AlarmActive', 'False/NoAlarms'],
  ['CertificatesReady', 'True/CertificatesIssued'],
  ['Paused', 'False/NotPaused'],
]);

const taken = 'objects of these names belong to someone else: services/orders-client';

/** Phase, and every condition that is not as it is in a cluster at rest. */
function said(builder: ViewBuilder): readonly string[] {
  const built = builder.build();
  const { phase = '', conditions = [] } = statusOf(built, plan(built));
  const troubles = conditions.filter(({ type, status, reason }) => rest.get(type) !== `${status}/${reason}`);
  return [phase, ...troubles.map(({ type, status, reason, message }) => `${type}=${status}/${reason}: ${message}`)];
}

interface Row {
  readonly when: string;
  readonly of: () => ViewBuilder;
  readonly then: readonly string[];
  /** The next moment is another story. */
  readonly isTurning?: true;
}

const evenSize: Cause = {
  rule: 'size-odd',
  field: 'spec.size',
  reason: 'FieldValueInvalid',
  message: 'Invalid value: 4: must be odd (rule size-odd)',
};
const refused = 'spec.size: Invalid value: 4: must be odd (rule size-odd)';
const day = 86_400_000;
const refusal = "refuses to start, its disk is empty or holds other data than this member's; put the volume back";
const authorityLost = 'members trust the one they have, so none is made anew: put it back, or move to a new cluster';
const loses = (running: number): string =>
  `QuorumLost=True/QuorumLost: ${running} of 3 members run, 2 must; nothing destructive is done: bring members back`;
const silent = (reachable: number): string =>
  `Available=False/ReadFailed: no member answers a linearizable read; ${reachable} of 3 answer at all`;
const mute = 'AlarmActive=Unknown/Unknown: no member answers';
const waitsForList = 'Ready=False/MembersUnhealthy: 0 of 3 members answer';

const rows: readonly Row[] = [
  { when: 'nothing is wrong', of: () => view().running(3), then: ['Running'] },
  {
    when: 'the newest spec is refused and the former one runs',
    of: () => view().running(3).refused(evenSize),
    then: ['Running', `Ready=False/InvalidSpec: ${refused}`, `Stalled=True/InvalidSpec: ${refused}`],
  },
  {
    when: 'objects of our names are not ours, in whatever order they were read',
    of: () => view().running(3).foreign('services/orders-peers').foreign('secrets/orders-client'),
    then: [
      'Running',
      'Ready=False/NameConflict: objects of these names belong to someone else: secrets/orders-client, services/orders-peers',
      'Stalled=True/NameConflict: objects of these names belong to someone else: secrets/orders-client, services/orders-peers',
    ],
  },
  {
    when: 'nobody answers a linearizable read for less than five seconds: an election',
    of: () => view().running(3).withoutQuorum().silentFor(4_999),
    then: ['Degraded', waitsForList, silent(3)],
    isTurning: true,
  },
  {
    when: 'two of three do not run, and the third has no leader for five seconds',
    of: () => view().running(3).withoutQuorum().stoppedPod(1).stoppedPod(2).silentFor(5_000),
    then: ['Degraded', waitsForList, silent(1), loses(1)],
  },
  {
    when: 'all run and none can be reached',
    of: () => view().running(3).withoutQuorum().unhealthy(0).unhealthy(1).unhealthy(2).silentFor(5_000),
    then: [
      'Degraded',
      waitsForList,
      silent(0),
      'QuorumLost=Unknown/EndpointsUnreachable: 3 members run and none can be reached from here',
      mute,
    ],
  },
  {
    when: 'an authority that members trust is gone',
    of: () => view().running(3).certificate('orders-peer-ca', { problem: 'Missing' }),
    then: ['Running', `CertificatesReady=False/SecretUnfit: orders-peer-ca: is missing; ${authorityLost}`],
  },
  {
    when: 'an authority was replaced, and with it no leaf fits',
    of: () =>
      view()
        .running(3)
        .certificate('orders-client-ca', { problem: 'Unfit', detail: 'tls.key does not belong to tls.crt' })
        .certificate('orders-server-tls', {
          problem: 'Unfit',
          detail: "tls.crt is not signed by the cluster's authority",
        }),
    then: [
      'Running',
      `CertificatesReady=False/SecretUnfit: orders-client-ca: tls.key does not belong to tls.crt; ${authorityLost}`,
    ],
  },
  {
    when: 'a leaf lacks a name and is about to be issued',
    of: () =>
      view().running(3).certificate('orders-server-tls', { problem: 'Unfit', detail: 'tls.crt lacks db.example' }),
    then: ['Running', 'CertificatesReady=False/CertificatesPending: orders-server-tls: tls.crt lacks db.example'],
  },
  {
    when: 'a leaf is damaged while paused, so that nobody puts it right',
    of: () =>
      view()
        .running(3)
        .paused()
        .certificate('orders-server-tls', { problem: 'Unfit', detail: 'tls.crt is not a certificate' }),
    then: [
      'Running',
      'CertificatesReady=False/SecretUnfit: orders-server-tls: tls.crt is not a certificate',
      'Paused=True/Paused: spec.paused is true',
    ],
  },
  {
    when: 'a leaf is due for renewal, it is good until then',
    of: () => view().running(3).certificate('orders-server-tls', { problem: 'RenewalDue' }),
    then: ['Running'],
  },
  {
    when: 'a leaf is over, and was not renewed',
    of: () => view().running(3).certificate('orders-server-tls', { problem: 'RenewalDue', notAfter: now }),
    then: ['Running', 'CertificatesReady=False/CertificatesPending: orders-server-tls: ended on 2026-11-01T12:00:00Z'],
  },
  {
    when: 'a name is taken and a leaf is renewed all the same',
    of: () =>
      view().running(3).foreign('services/orders-client').certificate('orders-server-tls', { problem: 'RenewalDue' }),
    then: ['Running', `Ready=False/NameConflict: ${taken}`, `Stalled=True/NameConflict: ${taken}`],
  },
  {
    when: 'a name is taken and a leaf is damaged: nobody puts it right',
    of: () =>
      view()
        .running(3)
        .foreign('services/orders-client')
        .certificate('orders-server-tls', { problem: 'Unfit', detail: 'tls.crt is not a certificate' }),
    then: [
      'Running',
      `Ready=False/NameConflict: ${taken}`,
      `Stalled=True/NameConflict: ${taken}`,
      'CertificatesReady=False/SecretUnfit: orders-server-tls: tls.crt is not a certificate',
    ],
  },
  {
    when: 'an authority has a year left',
    of: () =>
      view()
        .running(3)
        .certificate('orders-peer-ca', { notAfter: now + 365 * day }),
    then: ['Running'],
    isTurning: true,
  },
  {
    when: 'an authority has less than a year left',
    of: () =>
      view()
        .running(3)
        .certificate('orders-peer-ca', { notAfter: now + 365 * day - 1_000 }),
    then: [
      'Running',
      'CertificatesReady=True/AuthorityEnding: authorities are not renewed and these end: orders-peer-ca on 2027-11-01T11:59:59Z; nothing they signed is valid then: move to a new cluster before',
    ],
  },
  {
    when: 'a member ran out of space',
    of: () => view().running(3).alarm('NOSPACE', 1),
    then: ['Running', 'AlarmActive=True/NoSpace: NOSPACE 0000000000000002'],
  },
  {
    when: 'a member is corrupt, and another has no space',
    of: () => view().running(3).alarm('NOSPACE', 1).alarm('CORRUPT', 2),
    then: ['Running', 'AlarmActive=True/Corrupt: CORRUPT 0000000000000003, NOSPACE 0000000000000002'],
  },
  {
    when: 'the memory of the cluster is gone and no volume can tell it',
    of: () => view().unborn(1).remembered(),
    then: [
      'Failed',
      'Ready=False/IdentityLost: the members ConfigMap is gone and cannot be rebuilt from the volumes',
      'Available=False/NotBootstrapped: not all first members have started',
      'Reconciling=True/Creating: Create from 0 to 1',
      'Stalled=True/IdentityLost: the members ConfigMap is gone and cannot be rebuilt from the volumes',
    ],
  },
  {
    when: 'the memory of the cluster cannot be read',
    of: () => view().running(1).unreadable().remembered(),
    then: [
      'Failed',
      'Ready=False/IdentityLost: the members ConfigMap cannot be read',
      'Available=False/NotBootstrapped: not all first members have started',
      'Reconciling=True/Creating: Create from 0 to 1',
      'Stalled=True/IdentityLost: the members ConfigMap cannot be read',
    ],
  },
  {
    when: 'a stopped cluster is wanted and has lost a volume',
    of: () => view().running(3).asleep().withoutVolume(1),
    then: [
      'Creating',
      'Ready=False/VolumeMissing: volumes are missing: data-orders-1',
      'Available=False/Stopped: stopped',
      'Reconciling=True/Waking: Wake from 0 to 3',
      'Stalled=True/VolumeMissing: volumes are missing: data-orders-1',
    ],
  },
  {
    when: 'someone else removed a member in the middle',
    of: () => view().running(3).expel(1),
    then: [
      'Scaling',
      'Ready=False/MembershipDiverged: removed by someone else: orders-1',
      'Reconciling=True/ScalingOut: ScaleOut from 2 to 3',
      'Stalled=True/MembershipDiverged: removed by someone else: orders-1',
    ],
  },
  {
    when: 'one member refuses its disk',
    of: () => view().running(3).refusesDisk(2),
    then: [
      'Degraded',
      `Ready=False/SealedRefusal: orders-2: ${refusal}`,
      `Stalled=True/SealedRefusal: orders-2: ${refusal}`,
    ],
  },
  {
    when: 'two members refuse their disks, and the quorum is away with them',
    of: () => view().running(3).withoutQuorum().refusesDisk(2).refusesDisk(1).silentFor(5_000),
    then: [
      'Failed',
      `Ready=False/SealedRefusal: orders-1, orders-2: ${refusal}`,
      silent(1),
      `Stalled=True/SealedRefusal: orders-1, orders-2: ${refusal}`,
      loses(1),
    ],
  },
  {
    when: 'it is paused',
    of: () => view().running(3).paused(),
    then: ['Running', 'Paused=True/Paused: spec.paused is true'],
  },
];

describe('status of a cluster in trouble', () => {
  for (const { when, of, then } of rows) {
    it(`when ${when}`, () => expect(said(of())).to.deep.equal(then));
  }

  for (const { when, of } of rows.filter(({ isTurning }) => isTurning !== true)) {
    it(`is not written again while nothing but time and raft's numbers move: ${when}`, () => {
      const first = statusOf(of().build(), plan(of().build()));
      const second = of().after(first).later(60_000).moved(4_711n);
      const built = second.build();
      expect(isWorthWriting(first, statusOf(built, plan(built)), built.now)).to.equal(false);
    });
  }
});
