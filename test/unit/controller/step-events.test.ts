import { expect } from 'chai';
import type { EtcdClusterStatus } from '../../../api/index.js';
import { plan } from '../../../controller/plan.js';
import { learnerDeadlineMs } from '../../../controller/policies/membership.js';
import { statusOf } from '../../../controller/status/index.js';
import { now, view, type ViewBuilder } from './view-builder.js';

/** What the next step tells users once it is done. */
function told(builder: ViewBuilder): string {
  const decision = plan(builder.build())?.decision;
  if (decision?.kind !== 'act') return 'no step';
  const { event } = decision.step;
  return event ? `${event.type} ${event.reason}: ${event.note}` : 'nothing';
}

interface Row {
  readonly when: string;
  readonly of: () => ViewBuilder;
  readonly then: string;
}

const three = (): ViewBuilder => view().running(3);

/** The former pass saw the spec reached. */
function settled(size: number): EtcdClusterStatus {
  const built = view().running(size).build();
  return statusOf(built, plan(built));
}

const service = 'services/orders-client';
const set = 'statefulSets/orders';
const budget = 'podDisruptionBudgets/orders';

const rows: readonly Row[] = [
  {
    when: 'a Service was deleted',
    of: () => three().deleted(service),
    then: 'Warning OwnedObjectPutBack: services/orders-client was deleted and is made again',
  },
  {
    when: 'Services are made for the first time',
    of: () => three().notLatched().deleted(service).deleted('services/orders-peers'),
    then: 'nothing',
  },
  {
    when: "a Service's selector was changed",
    of: () => three().edited(service, { spec: { type: 'ClusterIP', selector: {} } }),
    then: 'Warning OwnedObjectPutBack: services/orders-client was changed (.spec.selector.quorate.dev/cluster) and is put back',
  },
  {
    when: 'a Service is what an older operator wanted',
    of: () => three().edited(service, { metadata: { name: 'orders-client', annotations: {}, uid: 'uid-o' } }),
    then: 'nothing',
  },
  {
    when: 'the StatefulSet was scaled behind our back',
    of: () => three().edited(set, { spec: { replicas: 2 } }),
    then: 'Warning OwnedObjectPutBack: statefulsets/orders was changed (.spec.replicas) and is put back',
  },
  {
    when: 'the StatefulSet grows with the identity',
    of: () => three().size(5).learner('joining').replicasStillAt(3),
    then: 'nothing',
  },
  {
    when: 'the StatefulSet was deleted',
    of: () => three().deleted(set),
    then: 'Warning OwnedObjectPutBack: statefulsets/orders was deleted and is made again',
  },
  { when: 'the StatefulSet is made for the first time', of: () => three().notLatched().deleted(set), then: 'nothing' },
  {
    when: 'the disruption budget was deleted from a cluster at rest',
    of: () => three().after(settled(3)).deleted(budget),
    then: 'Warning OwnedObjectPutBack: poddisruptionbudgets/orders was deleted and is made again',
  },
  {
    when: 'the first disruption budget is made, because a cluster of one grows',
    of: () =>
      view()
        .running(1)
        .size(3)
        .after({ ...settled(1), observedGeneration: 1 })
        .deleted(budget),
    then: 'nothing',
  },
  {
    when: 'a member file was edited',
    of: () => three().editedFile('orders-1', 'name: other'),
    then: 'Warning MemberFilePutBack: the file of orders-1 was changed or lost and is put back',
  },
  {
    when: 'two member files were edited and one of nobody was added',
    of: () => three().editedFile('orders-1', '').editedFile('orders-2', 'x').editedFile('orders-7', 'x'),
    then: 'Warning MemberFilePutBack: the file of orders-1 was changed or lost and is put back; the file of orders-2 was changed or lost and is put back; a file of orders-7, which is no member, is taken out',
  },
  {
    when: 'a certificate lacks a name',
    of: () => three().certificate('orders-server-tls', { problem: 'Unfit', detail: 'tls.crt lacks db.example' }),
    then: 'Normal CertificatesIssued: issued orders-server-tls (tls.crt lacks db.example)',
  },
  {
    when: 'a certificate is due for renewal',
    of: () => three().certificate('orders-server-tls', { problem: 'RenewalDue' }),
    then: 'Normal CertificatesRenewed: renewed orders-server-tls',
  },
  {
    when: 'a member left on the way to a smaller size: MemberRemoved has told it',
    of: () => three().size(1).departed('sealed'),
    then: 'nothing',
  },
  {
    when: 'a member that is wanted left',
    of: () => three().departed('sealed'),
    then: 'Warning MemberGone: orders-2 (member 0000000000000003) is no longer in the membership, though it is wanted: its volume is released and it joins anew',
  },
  {
    when: 'a learner past its deadline is given up',
    of: () =>
      three()
        .size(5)
        .learner('joining', { bornAt: now - learnerDeadlineMs - 1 }),
    then: 'Normal MemberRemoved: learner orders-3 did not start within its deadline: member 0000000000000004 removed',
  },
  {
    when: 'a claim was made a moment after its member was given up',
    of: () => three().withVolume({ name: 'data-orders-3', ordinal: 3, incarnation: '0badcafe' }),
    then: "Normal VolumeReleased: data-orders-3 never held a member's data and none is to come",
  },
  {
    when: 'the volume of a member that left is released',
    of: () => three().size(1).departed('removed'),
    then: 'Normal VolumeReleased: data-orders-2 is released: its member was removed',
  },
];

describe('events of steps', () => {
  for (const { when, of, then } of rows) {
    it(`when ${when}`, () => expect(told(of())).to.equal(then));
  }
});
