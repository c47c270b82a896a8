import { expect } from 'chai';
import fc from 'fast-check';
import { decimalID, hexID } from '../../../etcd/ids.js';
import {
  alarmsOf,
  isCaughtUp,
  learners,
  listsAgree,
  membersByOrdinal,
  quorum,
  voters,
  type Member,
  type MemberList,
  type MemberStatus,
} from '../../../etcd/index.js';

function member(ordinal: number, changed: Partial<Member> = {}): Member {
  return {
    id: hexID(BigInt(ordinal + 1)),
    name: `orders-${ordinal}`,
    peerURLs: [`https://orders-${ordinal}.orders-peers.shop.svc:2380`],
    clientURLs: [`https://orders-${ordinal}.orders-peers.shop.svc:2379`],
    isLearner: false,
    ...changed,
  };
}

function list(members: readonly Member[], changed: Partial<MemberList> = {}): MemberList {
  return { clusterID: hexID(77n), memberID: hexID(1n), members, ...changed };
}

function status(changed: Partial<MemberStatus> = {}): MemberStatus {
  return {
    clusterID: hexID(77n),
    memberID: hexID(1n),
    leader: hexID(1n),
    raftTerm: 2n,
    raftIndex: 100n,
    raftAppliedIndex: 100n,
    revision: 50n,
    version: '3.6.16',
    storageVersion: '3.6.0',
    dbSize: 20480,
    dbSizeInUse: 16384,
    dbSizeQuota: 2147483648,
    isLearner: false,
    errors: [],
    ...changed,
  };
}

const ordinalOfHost = (host: string): number | undefined => {
  const found = /^orders-(\d)\.orders-peers\.shop\.svc$/.exec(host);
  return found ? Number(found[1]) : undefined;
};

describe('membership: counting', () => {
  it('a quorum is more than half of the voters', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(quorum)).to.deep.equal([1, 2, 2, 3, 3, 4, 4]);
  });

  it('learners are no voters', () => {
    const members = [member(0), member(1, { isLearner: true }), member(2)];
    expect(voters(members)).to.deep.equal([member(0), member(2)]);
    expect(learners(members)).to.deep.equal([member(1, { isLearner: true })]);
  });
});

describe('membership: which member lives where', () => {
  it('is told by the host of the peer URL, also of a member without a name', () => {
    const members = [member(2, { name: '' }), member(0)];
    expect(membersByOrdinal(members, ordinalOfHost)).to.deep.equal({
      byOrdinal: new Map([
        [2, members[0]],
        [0, members[1]],
      ]),
      strangers: [],
    });
  });

  const strangers: readonly [sentence: string, Member][] = [
    ['another host', member(1, { peerURLs: ['https://elsewhere:2380'] })],
    ['no URL', member(1, { peerURLs: [] })],
    ['text that is no URL', member(1, { peerURLs: ['orders-1'] })],
    ['two of our hosts', member(1, { peerURLs: [...member(1).peerURLs, ...member(2).peerURLs] })],
    ['one of our hosts and another', member(1, { peerURLs: [...member(1).peerURLs, 'https://elsewhere:2380'] })],
    ['a host that another member has', member(1, { peerURLs: member(0).peerURLs })],
  ];
  for (const [sentence, stranger] of strangers) {
    it(`is unknown for ${sentence}`, () => {
      expect(membersByOrdinal([member(0), stranger], ordinalOfHost)).to.deep.equal({
        byOrdinal: new Map([[0, member(0)]]),
        strangers: [stranger],
      });
    });
  }
});

describe('membership: whether lists agree', () => {
  const members = [member(0), member(1)];
  it('nothing and one list agree', () => {
    expect(listsAgree([])).to.equal(true);
    expect(listsAgree([list(members)])).to.equal(true);
  });

  const rows: readonly [sentence: string, other: MemberList, agree: boolean][] = [
    ['the same from another member, in another order', list([member(1), member(0)], { memberID: hexID(2n) }), true],
    ['a name and client URLs not yet published', list([member(0), member(1, { name: '', clientURLs: [] })]), true],
    ['a member more', list([...members, member(2)]), false],
    ['a member less', list([member(0)]), false],
    ['another role', list([member(0), member(1, { isLearner: true })]), false],
    ['another peer URL', list([member(0), member(1, { peerURLs: ['https://elsewhere:2380'] })]), false],
    ['another ID', list([member(0), member(1, { id: hexID(9n) })]), false],
    ['another cluster', list(members, { clusterID: hexID(78n) }), false],
  ];
  for (const [sentence, other, agree] of rows) {
    it(`${sentence}: ${agree ? 'agree' : 'differ'}`, () => {
      expect(listsAgree([list(members), other])).to.equal(agree);
      expect(listsAgree([list(members), list(members), other])).to.equal(agree);
    });
  }
});

describe('membership: whether a learner has caught up', () => {
  const rows: readonly [
    sentence: string,
    learner: Partial<MemberStatus>,
    leader: Partial<MemberStatus>,
    is: boolean,
  ][] = [
    ['level with the leader', {}, {}, true],
    [
      'nine tenths received and all of it applied',
      { raftIndex: 900n, raftAppliedIndex: 900n },
      { raftIndex: 1000n },
      true,
    ],
    ['less than nine tenths received', { raftIndex: 899n, raftAppliedIndex: 899n }, { raftIndex: 1000n }, false],
    ['nothing yet', { raftIndex: 0n, raftAppliedIndex: 0n }, { raftIndex: 8n }, false],
    [
      'nine tenths of a million, so far behind that it could not serve',
      { raftIndex: 950_000n, raftAppliedIndex: 950_000n },
      { raftIndex: 1_000_000n },
      false,
    ],
    ['received but not applied', { raftIndex: 1_000_000n, raftAppliedIndex: 10n }, { raftIndex: 1_000_000n }, false],
    ['ahead of an older look at the leader', { raftIndex: 120n, raftAppliedIndex: 120n }, {}, true],
    ['of another cluster', { clusterID: hexID(78n) }, {}, false],
  ];
  for (const [sentence, learner, leader, is] of rows) {
    it(`${sentence}: ${is ? 'yes' : 'no'}`, () => {
      expect(isCaughtUp(status({ ...learner, isLearner: true }), status(leader))).to.equal(is);
    });
  }
});

describe('membership: alarms in a status', () => {
  it('are read in each spelling that etcd has for them', () => {
    const errors = [
      'etcdserver: no leader',
      'memberID:10501334649042878790 alarm:NOSPACE ',
      'memberID:1  alarm:CORRUPT',
      'memberID:2 alarm:7 ',
    ];
    expect(alarmsOf(status({ errors }))).to.deep.equal([
      { memberID: '91bc3c398fb3c146', type: 'NOSPACE' },
      { memberID: '0000000000000001', type: 'CORRUPT' },
      { memberID: '0000000000000002', type: 'Unknown' },
    ]);
  });
});

describe('membership: IDs', () => {
  it('are 16 hexadecimal digits, and come back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
        expect(hexID(String(id))).to.match(/^[0-9a-f]{16}$/);
        expect(decimalID(hexID(String(id)))).to.equal(String(id));
      }),
    );
  });

  it('refuse what is none', () => {
    for (const text of ['', '0x12', '12345678901234567', 'ABC', 'g', '-1']) {
      expect(() => decimalID(text), text).to.throw(TypeError, `not a member ID: ${text}`);
    }
  });
});
