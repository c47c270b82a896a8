import { expect } from 'chai';
import type { EffectRecord } from '../../../controller/effects.js';
import { invariants, type Ended } from '../../support/invariants.js';

type Part = Omit<EffectRecord, 'number' | 'id' | 'cluster'> & { readonly isFailed?: boolean };

const id = (ordinal: number): string => `a${ordinal}`;
const fence = 'uid=u7,resourceVersion=70';
const part = (policy: string, what: string, evidence: string, precondition: string): Part => {
  const [verb = '', target = ''] = what.split(' ');
  return { policy, verb, target, evidence, precondition };
};
const memory = (policy: string, evidence: string): Part =>
  part(policy, 'update configmaps/orders-members', evidence, fence);
const failed = (of: Part): Part => ({ ...of, isFailed: true });

/** In the words of the policies. */
const status = (uid = 'u1'): Part => part('status', 'apply etcdclusters/orders/status', 'phase Scaling', `uid=${uid}`);
const begin = part(
  'bootstrap',
  'create configmaps/orders-members',
  'no identity in status, ConfigMap or volumes',
  'absent',
);
const latch = (count: number): Part => memory('bootstrap', `all ${count} members are up in cluster c0ffee`);
const add = (ordinal: number, voters: number, learners: number): Part =>
  part('size', `add-learner member/orders-${ordinal}`, `${voters} voters, ${learners} learners, 3 wanted`, 'peerURL=x');
const file = (ordinal: number): Part =>
  memory('finish the membership change', `learner ${id(ordinal)} is in the list and has no fitting file`);
const seal = (ordinal: number): Part => memory('finish the membership change', `orders-${ordinal} has started`);
const promote = (ordinal: number): Part =>
  part(
    'size',
    `promote member/orders-${ordinal}`,
    `orders-${ordinal} has caught up (raft index 9 of 9)`,
    `memberID=${id(ordinal)}`,
  );
const remove = (ordinal: number, voters: number): Part =>
  part(
    'size',
    `remove-member member/orders-${ordinal}`,
    `${voters} voters, 1 wanted: orders-${ordinal} leaves`,
    `memberID=${id(ordinal)}`,
  );
const giveUp = (ordinal: number): Part =>
  part(
    'finish the membership change',
    `remove-member member/orders-${ordinal}`,
    `learner orders-${ordinal} is no longer wanted`,
    `memberID=${id(ordinal)}`,
  );
const left = (ordinal: number): Part => memory('finish the membership change', `orders-${ordinal} left the membership`);
const release = (ordinal: number): Part =>
  part(
    'volumes',
    `delete persistentvolumeclaims/data-orders-${ordinal}`,
    `orders-${ordinal} left the membership`,
    fence,
  );
const stray = (ordinal: number): Part =>
  part(
    'volumes',
    `delete persistentvolumeclaims/data-orders-${ordinal}`,
    `data-orders-${ordinal} never held a member's data and none is to come`,
    fence,
  );
const moveLeader = (from: number, to: number): Part =>
  part('size', `move-leader member/orders-${to}`, `leader orders-${from} is about to leave`, `memberID=${id(to)}`);

const created = (count: number): Part[] => [status(), begin, status(), latch(count), status()];
const joined = (ordinal: number, voters: number, learners: number): Part[] => [
  ...[add(ordinal, voters, learners), status(), file(ordinal), status(), seal(ordinal)],
];
const promoted = (ordinal: number): Part[] => [promote(ordinal), status()];
const gone = (ordinal: number, voters: number): Part[] => [
  ...[remove(ordinal, voters), status(), left(ordinal), status(), release(ordinal), memory('volumes', 'released')],
];
const grown = [...created(1), ...joined(1, 1, 0), ...joined(2, 1, 1), ...promoted(1), ...promoted(2)];

const log = (parts: readonly Part[]): Ended[] =>
  parts.map(({ isFailed = false, ...rest }, index) => ({
    effect: { number: index + 1, id: `x-${index + 1}`, cluster: 'shop/orders', ...rest },
    outcome: isFailed ? 'failed' : 'done',
  }));

interface Good {
  readonly when: string;
  readonly parts: readonly Part[];
}

const good: readonly Good[] = [
  { when: 'nothing happened', parts: [] },
  { when: 'a cluster of three is created', parts: created(3) },
  { when: 'one member becomes three, both learners before the promotions', parts: grown },
  {
    when: 'one member becomes three, one learner at a time',
    parts: [...created(1), ...joined(1, 1, 0), ...promoted(1), ...joined(2, 2, 0), ...promoted(2)],
  },
  { when: 'three become one', parts: [...grown, ...gone(2, 3), ...gone(1, 2)] },
  {
    when: 'three become one, and the one that leaves first leads',
    parts: [...grown, moveLeader(2, 0), status(), ...gone(2, 3), ...gone(1, 2)],
  },
  {
    when: 'three become one, stop, wake and become three again',
    parts: [
      ...[...grown, ...gone(2, 3), ...gone(1, 2), memory('stop', 'size 0 wanted, 1 member(s) run'), status()],
      ...[memory('wake', 'size 1 wanted, 1 member(s) stopped'), status(), ...joined(1, 1, 0), ...joined(2, 1, 1)],
      ...[...promoted(1), ...promoted(2)],
    ],
  },
  {
    when: 'a joiner that does not start is given up, and so is the other that did',
    parts: [
      ...[...created(1), ...joined(1, 1, 0), add(2, 1, 1), status(), file(2), giveUp(2), status(), left(2), giveUp(1)],
      ...[status(), left(1), release(2), release(1)],
    ],
  },
  {
    when: 'a learner is given up before it has a file, and its claim was made a moment too late',
    parts: [...created(1), add(1, 1, 0), status(), giveUp(1), status(), stray(1), ...joined(1, 1, 0)],
  },
  {
    when: 'etcd refuses for a while, as before voters are connected for 5 s',
    parts: [...grown, failed(remove(2, 3)), status(), failed(remove(2, 3)), ...gone(2, 3)],
  },
  {
    when: 'the replies of an add, a seal, a promotion, a move and a removal are lost, though each was carried out',
    parts: [
      ...[...created(1), failed(add(1, 1, 0)), status(), file(1), failed(seal(1)), failed(promote(1)), status()],
      ...[failed(moveLeader(1, 0)), status(), failed(remove(1, 2)), status(), left(1), release(1)],
    ],
  },
  {
    when: 'a cluster is deleted and another of its name created',
    parts: [...grown, status('u2'), begin, status('u2'), latch(1), status('u2'), add(1, 1, 0)],
  },
  {
    when: 'the memory of a cluster was deleted and is rebuilt',
    parts: [...grown, part('identity', 'create configmaps/orders-members', 'the members ConfigMap is gone', 'absent')],
  },
];

interface Bad {
  readonly when: string;
  readonly parts: readonly Part[];
  readonly then: readonly string[];
}

const bad: readonly Bad[] = [
  {
    when: 'a voter is added directly',
    parts: [...created(1), part('size', 'add-voter member/orders-1', '1 voters, 0 learners, 3 wanted', 'peerURL=x')],
    then: ['2: add-voter is no way to change a membership (shop/orders: add-voter member/orders-1, effect x-6)'],
  },
  {
    when: 'a learner is added while another has not started',
    parts: [...created(1), add(1, 1, 0), status(), file(1), status(), add(2, 1, 1)],
    then: [
      '2: nothing tells that "add-learner orders-1" had ended (shop/orders: add-learner member/orders-2, effect x-10)',
    ],
  },
  {
    when: 'a member has started that the log did not add',
    parts: [...created(1), file(1), status(), seal(1)],
    then: ['2: orders-1 is absent, not learner (shop/orders: update configmaps/orders-members, effect x-8)'],
  },
  {
    when: 'a member is added that is one already',
    parts: [...created(1), add(0, 1, 0)],
    then: [
      '2: orders-0 is voter, not absent (shop/orders: add-learner member/orders-0, effect x-6)',
      '2: 1 voters were seen, the log leaves 0 (shop/orders: add-learner member/orders-0, effect x-6)',
    ],
  },
  {
    when: 'a learner is promoted on an unsealed file',
    parts: [...created(1), add(1, 1, 0), status(), file(1), status(), promote(1)],
    then: ['2: the file of orders-1 was not sealed (shop/orders: promote member/orders-1, effect x-10)'],
  },
  {
    when: 'a learner is promoted on the seal of its former birth',
    parts: [...grown, ...gone(2, 3), add(2, 2, 0), status(), file(2), promote(2)],
    then: ['2: the file of orders-2 was not sealed (shop/orders: promote member/orders-2, effect x-29)'],
  },
  {
    when: 'two are promoted without a look between',
    parts: [...created(1), ...joined(1, 1, 0), ...joined(2, 1, 1), promote(1), promote(2)],
    then: ['2: nothing tells that "promote orders-1" had ended (shop/orders: promote member/orders-2, effect x-17)'],
  },
  {
    when: 'a voter is promoted',
    parts: [...grown, promote(2)],
    then: ['2: orders-2 is voter, not learner (shop/orders: promote member/orders-2, effect x-20)'],
  },
  {
    when: 'two are removed, and the first was not seen to have left',
    parts: [...grown, remove(2, 3), status(), remove(1, 2)],
    then: [
      '2: nothing tells that "remove-member orders-2" had ended (shop/orders: remove-member member/orders-1, effect x-22)',
    ],
  },
  {
    when: 'a member is removed that is none',
    parts: [...created(1), remove(1, 1)],
    then: [
      '2: orders-1 is absent, not voter (shop/orders: remove-member member/orders-1, effect x-6)',
      '2: 1 voters were seen, the log leaves 2 (shop/orders: remove-member member/orders-1, effect x-6)',
    ],
  },
  {
    when: 'there are more voters than the log made',
    parts: [...created(1), add(1, 2, 0)],
    then: ['2: 2 voters were seen, the log leaves 1 (shop/orders: add-learner member/orders-1, effect x-6)'],
  },
  {
    when: '`new` is said twice',
    parts: [...created(1), begin],
    then: ['3: a cluster that was begun is begun anew (shop/orders: create configmaps/orders-members, effect x-6)'],
  },
  {
    when: "a member's volume is released while it is a member",
    parts: [...grown, release(2)],
    then: [
      '4: orders-2 was not removed from the membership and seen to have left before (shop/orders: delete persistentvolumeclaims/data-orders-2, effect x-20)',
    ],
  },
  {
    when: 'a volume is released when its member was asked to leave, and was not seen to have left',
    parts: [...grown, failed(remove(2, 3)), status(), release(2)],
    then: [
      '4: orders-2 was not removed from the membership and seen to have left before (shop/orders: delete persistentvolumeclaims/data-orders-2, effect x-22)',
    ],
  },
  {
    when: "a member's volume is taken for one that never held data",
    parts: [...grown, stray(1)],
    then: [
      '4: orders-1 was not removed from the membership and seen to have left before (shop/orders: delete persistentvolumeclaims/data-orders-1, effect x-20)',
    ],
  },
  {
    when: 'the member that leadership was moved to is removed',
    parts: [...grown, moveLeader(0, 2), status(), ...gone(2, 3)],
    then: ['5: orders-2 leads (shop/orders: remove-member member/orders-2, effect x-22)'],
  },
  {
    when: 'deletes and a removal stand under too little',
    parts: [
      ...grown,
      part('guard', 'delete controllerrevisions/orders-spec-1', 'the spec of generation 5 is accepted', 'uid=u9'),
      part('owned objects', 'delete poddisruptionbudgets/orders', 'delete', 'uid=,resourceVersion=9'),
      { ...remove(2, 3), precondition: 'memberID=' },
    ],
    then: [
      '7: deleted under "uid=u9" instead of uid and resourceVersion (shop/orders: delete controllerrevisions/orders-spec-1, effect x-20)',
      '7: deleted under "uid=,resourceVersion=9" instead of uid and resourceVersion (shop/orders: delete poddisruptionbudgets/orders, effect x-21)',
      '7: removed under "memberID=" instead of its ID (shop/orders: remove-member member/orders-2, effect x-22)',
    ],
  },
];

describe('safety invariants, judged from an effect log', () => {
  for (const { when, parts } of good) it(`hold when ${when}`, () => expect(invariants(log(parts))).to.deep.equal([]));

  for (const { when, parts, then } of bad)
    it(`are broken when ${when}`, () => expect(invariants(log(parts))).to.deep.equal(then));

  it('are judged for each cluster by itself', () => {
    const other = log([...created(1), begin]).map(({ effect, outcome }) => ({
      effect: { ...effect, cluster: 'bar/orders' },
      outcome,
    }));
    const mixed = log(grown).flatMap((ended, index) => [ended, ...other.slice(index, index + 1)]);
    expect(invariants(mixed)).to.deep.equal([
      '3: a cluster that was begun is begun anew (bar/orders: create configmaps/orders-members, effect x-6)',
    ]);
  });
});
