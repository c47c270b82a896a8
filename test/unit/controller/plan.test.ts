import { expect } from 'chai';
import { plan } from '../../../controller/plan.js';
import { targetOf } from '../../../controller/step.js';
import { learnerDeadlineMs } from '../../../controller/policies/membership.js';
import { now, view, type ViewBuilder } from './view-builder.js';

/** What the plan says of a view, in one line: policy, then effects or what is waited for. */
function said(builder: ViewBuilder): string {
  const planned = plan(builder.build());
  if (!planned) return 'nothing';
  const { policy, decision } = planned;
  if (decision.kind === 'wait') return `${policy}: wait, ${decision.why}`;
  const effects = decision.step.effects.map((effect) => `${effect.do} ${targetOf('orders', effect)}`);
  return `${policy}: ${effects.join(', ')}${decision.step.confirm ? ' (confirmed)' : ''}`;
}

interface Row {
  readonly when: string;
  readonly of: () => ViewBuilder;
  readonly then: string;
}

const former = { name: 'data-orders-0', ordinal: 0, incarnation: '0ddba11e' };

const rows: readonly Row[] = [
  { when: 'one member runs and one is wanted', of: () => view().running(1), then: 'nothing' },
  { when: 'three run and three are wanted', of: () => view().running(3), then: 'nothing' },
  {
    when: 'nothing was ever there',
    of: () => view().unborn(3),
    then: 'bootstrap: create configmaps/orders-members (confirmed)',
  },
  { when: 'nothing was ever there and size 0 is wanted', of: () => view().unborn(0), then: 'nothing' },
  {
    when: 'nothing is there but a volume of that name',
    of: () => view().unborn(1).withVolume(former),
    then: 'identity: wait, volumes of an earlier cluster: data-orders-0; delete them if their data is not needed, or give this cluster another name',
  },
  {
    when: 'status remembers a cluster whose ConfigMap and volumes are gone',
    of: () => view().unborn(1).remembered(),
    then: 'identity: wait, the members ConfigMap is gone and cannot be rebuilt from the volumes',
  },
  {
    when: 'a Service of our name belongs to someone else',
    of: () => view().unborn(1).foreign('services/orders-client'),
    then: 'identity: wait, objects of these names belong to someone else: services/orders-client',
  },
  { when: 'a paused cluster should grow', of: () => view().running(1).size(3).paused(), then: 'paused: wait, paused' },
  {
    when: 'all bootstrap members answer',
    of: () => view().running(3).notLatched(),
    then: 'bootstrap: patch etcdclusters/orders/status, patch persistentvolumeclaims/data-orders-0, patch persistentvolumeclaims/data-orders-1, patch persistentvolumeclaims/data-orders-2, update configmaps/orders-members (confirmed)',
  },
  {
    when: 'a bootstrap member does not answer',
    of: () => view().running(3).notLatched().unhealthy(2),
    then: 'bootstrap: wait, members that have not started: orders-2',
  },
  {
    when: 'one runs and three are wanted',
    of: () => view().running(1).size(3),
    then: 'size: add-learner member/orders-1 (confirmed)',
  },
  {
    when: 'a learner is in the list and has no file',
    of: () => view().running(3).size(5).learner('none'),
    then: 'finish the membership change: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'a joiner has its file and the StatefulSet has not grown',
    of: () => view().running(3).size(5).learner('joining').replicasStillAt(3),
    then: 'owned objects: update statefulsets/orders (confirmed)',
  },
  {
    when: 'a joiner has not answered yet',
    of: () => view().running(3).size(5).learner('joining'),
    then: 'finish the membership change: wait, orders-3 has not started',
  },
  {
    when: 'a joiner answers on its peer port',
    of: () => view().running(3).size(5).learner('joining', { started: true }),
    then: 'finish the membership change: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'one learner is sealed and another is wanted, on 3.6',
    of: () => view().running(3).size(5).learner('sealed', { started: true }),
    then: 'size: add-learner member/orders-4 (confirmed)',
  },
  {
    when: 'one learner is sealed and another is wanted, on 3.5, where there may be only one',
    of: () => view().onVersion('3.5.21').running(3).size(5).learner('sealed', { started: true }),
    then: 'size: promote member/orders-3 (confirmed)',
  },
  {
    when: 'both learners are sealed and caught up',
    of: () => view().running(3).size(5).learner('sealed', { started: true }).learner('sealed', { started: true }),
    then: 'size: promote member/orders-3 (confirmed)',
  },
  {
    when: 'a voter does not answer while learners wait for promotion',
    of: () =>
      view().running(3).size(5).learner('sealed', { started: true }).learner('sealed', { started: true }).unhealthy(1),
    then: 'size: wait, voters that do not answer: orders-1',
  },
  {
    when: 'a joiner is past its deadline',
    of: () =>
      view()
        .running(3)
        .size(5)
        .learner('joining', { bornAt: now - learnerDeadlineMs - 1 }),
    then: 'finish the membership change: remove-member member/orders-3 (confirmed)',
  },
  {
    when: 'a learner is no longer wanted',
    of: () => view().running(3).size(3).learner('sealed', { started: true }),
    then: 'finish the membership change: remove-member member/orders-3 (confirmed)',
  },
  {
    when: 'three run, one is wanted, and the leader stays',
    of: () => view().running(3).size(1),
    then: 'size: remove-member member/orders-2 (confirmed)',
  },
  {
    when: 'three run, one is wanted, and the leader is one that leaves',
    of: () => view().running(3).size(1).ledBy(1),
    then: 'size: move-leader member/orders-0 (confirmed)',
  },
  {
    when: 'the only unhealthy member is the one that leaves',
    of: () => view().running(5).size(3).unhealthy(4),
    then: 'size: remove-member member/orders-4 (confirmed)',
  },
  {
    when: 'a member that stays is unhealthy',
    of: () => view().running(5).size(3).unhealthy(0).ledBy(1),
    then: 'size: wait, voters that do not answer: orders-0',
  },
  {
    when: 'the last member has left the list',
    of: () => view().running(3).size(1).departed('sealed'),
    then: 'finish the membership change: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'its pod is gone from the StatefulSet',
    of: () => view().running(3).size(1).departed('removed'),
    then: 'volumes: delete persistentvolumeclaims/data-orders-2 (confirmed)',
  },
  {
    when: 'its volume is gone too',
    of: () => view().running(3).size(1).departed('removed').withoutVolume(2),
    then: 'volumes: update configmaps/orders-members',
  },
  {
    when: 'a member that stays was asked to end: it answers for the last time, and may not be counted on',
    of: () => view().running(3).size(1).podEnding(0),
    then: 'size: wait, orders-0 stays and its pod is being deleted',
  },
  {
    when: 'nobody that stays is well: those who leave go on serving, or the Service would lead to nobody',
    of: () => view().running(3).size(1).unhealthy(0).ledBy(1),
    then: 'size: wait, voters that do not answer: orders-0',
  },
  {
    when: 'the ordinal of a member that is being released is in the list again: its volume goes first',
    of: () => view().running(3).size(3).departed('removed').rejoined(),
    then: 'volumes: delete persistentvolumeclaims/data-orders-2 (confirmed)',
  },
  {
    when: 'a sealed learner does not run and is past its deadline',
    of: () =>
      view()
        .running(3)
        .size(5)
        .learner('sealed', { bornAt: now - learnerDeadlineMs - 1 })
        .notRunning(3),
    then: 'finish the membership change: remove-member member/orders-3 (confirmed)',
  },
  {
    when: 'a member answers for another cluster: nothing is given up',
    of: () => view().running(1).answeringFor('00000000000000ee'),
    then: 'finish the membership change: wait, a member answers for cluster 00000000000000ee, and this cluster is 00000000000000c1: its data was replaced; put the former data back',
  },
  {
    when: 'the last member has left and a member answers for another cluster: no volume goes',
    of: () => view().running(3).size(1).departed('removed').answeringFor('00000000000000ee'),
    then: 'finish the membership change: wait, a member answers for cluster 00000000000000ee, and this cluster is 00000000000000c1: its data was replaced; put the former data back',
  },
  {
    when: 'a bootstrap member has not started for ten minutes',
    of: () =>
      view()
        .running(3)
        .notLatched(11 * 60_000)
        .unhealthy(2)
        .notRunning(2),
    then: 'bootstrap: wait, members that have not started for ten minutes: orders-2: it does not run',
  },
  {
    when: 'a bootstrap member was born long ago and its pod is new: the operator was away, or the cluster paused',
    of: () =>
      view()
        .running(3)
        .notLatched(11 * 60_000)
        .podsFor(1_000)
        .unhealthy(2)
        .notRunning(2),
    then: 'bootstrap: wait, members that have not started: orders-2',
  },
  {
    when: 'a stop that keeps one is wanted before the cluster was latched: all of it stops',
    of: () => view().running(3).notLatched().whenStopped('RetainOne').size(0),
    then: 'stop: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'the client authority is gone: what the peer authority signs is renewed all the same',
    of: () =>
      view()
        .running(3)
        .certificate('orders-client-ca', { problem: 'Missing' })
        .certificate('orders-server-tls', { problem: 'Unfit' })
        .certificate('orders-peer-tls', { problem: 'RenewalDue' }),
    then: 'certificates: issue secrets/orders-peer-tls',
  },
  {
    when: 'a name is taken and a certificate is due: a conflict must not become an outage by the calendar',
    of: () =>
      view().running(3).foreign('services/orders-client').certificate('orders-server-tls', { problem: 'RenewalDue' }),
    then: 'identity: issue secrets/orders-server-tls',
  },
  {
    when: 'a name is taken and a leaf that lacks a new name is due: it is issued again, with that',
    of: () =>
      view()
        .running(3)
        .foreign('services/orders-client')
        .certificate('orders-server-tls', { problem: 'Unfit', renewAt: now }),
    then: 'identity: issue secrets/orders-server-tls',
  },
  {
    when: 'a name is taken and a leaf lacks a new name: it serves on until it is due',
    of: () =>
      view()
        .running(3)
        .foreign('services/orders-client')
        .certificate('orders-server-tls', { problem: 'Unfit', renewAt: now + 1 }),
    then: 'identity: wait, objects of these names belong to someone else: services/orders-client',
  },
  {
    when: 'the memory cannot be read and a certificate is due: nor must that',
    of: () => view().running(3).unreadable().certificate('orders-server-tls', { problem: 'RenewalDue' }),
    then: 'identity: issue secrets/orders-server-tls',
  },
  {
    when: 'the memory cannot be read and an authority is gone: it is not made anew',
    of: () => view().running(3).unreadable().certificate('orders-client-ca', { problem: 'Missing' }),
    then: 'identity: wait, the members ConfigMap cannot be read',
  },
  {
    when: 'a certificate that pods mount cannot be judged: they are not marked for it',
    of: () =>
      view()
        .running(3)
        .certificate('orders-client-ca', { problem: 'Missing' })
        .certificate('orders-server-tls', { problem: 'Unfit', fingerprint: '' }),
    then: 'nothing',
  },
  {
    when: 'the client authority is gone: a stop still stops',
    of: () =>
      view().running(3).size(0).asleep().replicasStillAt(3).certificate('orders-client-ca', { problem: 'Missing' }),
    then: 'owned objects: update statefulsets/orders (confirmed)',
  },
  {
    when: 'a port of someone else stands in the client Service',
    of: () =>
      view()
        .running(3)
        .edited('services/orders-client', {
          spec: {
            type: 'ClusterIP',
            selector: { 'quorate.dev/cluster': 'orders', 'quorate.dev/serving': 'true' },
            ports: [
              { name: 'client', port: 2379, protocol: 'TCP', targetPort: 2379 },
              { name: 'more', port: 9, protocol: 'TCP', targetPort: 9 },
            ],
          },
        }),
    then: 'owned objects: patch services/orders-client',
  },
  {
    when: 'a stop that keeps all is wanted',
    of: () => view().running(3).size(0),
    then: 'stop: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'a stop that keeps all is wanted and the quorum is away',
    of: () => view().running(3).size(0).withoutQuorum(),
    then: 'stop: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'a stop that keeps one is wanted: it shrinks first',
    of: () => view().running(3).whenStopped('RetainOne').size(0),
    then: 'size: remove-member member/orders-2 (confirmed)',
  },
  {
    when: 'a stop that keeps one is wanted and the quorum is away',
    of: () => view().running(3).whenStopped('RetainOne').size(0).withoutQuorum(),
    then: 'finish the membership change: wait, no member gives a linearizable member list',
  },
  {
    when: 'a stopped cluster is wanted at 1',
    of: () => view().running(3).size(1).asleep(),
    then: 'wake: update configmaps/orders-members (confirmed)',
  },
  {
    when: 'a stopped cluster has lost a volume',
    of: () => view().running(3).asleep().withoutVolume(1),
    then: 'wake: wait, volumes are missing: data-orders-1',
  },
];

describe('plan', () => {
  for (const { when, of, then } of rows) {
    it(`when ${when}`, () => expect(said(of())).to.equal(then));
  }
});
