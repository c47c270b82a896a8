import { expect } from 'chai';
import {
  EtcdError,
  probeMember,
  type EtcdErrorCode,
  type MemberClient,
  type MemberList,
  type MemberProbe,
  type MemberStatus,
  type ReadPosition,
} from '../../../etcd/index.js';

const memberID = '0000000000000001';
const status: MemberStatus = {
  clusterID: '00000000000000aa',
  memberID,
  leader: memberID,
  raftTerm: 2n,
  raftIndex: 8n,
  raftAppliedIndex: 8n,
  revision: 1n,
  version: '3.6.16',
  storageVersion: '3.6.0',
  dbSize: 20480,
  dbSizeInUse: 16384,
  dbSizeQuota: 2147483648,
  isLearner: false,
  errors: [],
};
const members: MemberList = { clusterID: status.clusterID, memberID, members: [] };
const linearizable: ReadPosition = { memberID, revision: 1n, raftTerm: 2n };

const fails = (code: EtcdErrorCode) => () => Promise.reject(new EtcdError(code, `says ${code}`, false));

/** Answers everything unless told otherwise; a call that no probe makes is a bug. */
function client(changed: Partial<MemberClient> = {}): MemberClient {
  const never = () => {
    throw new Error('a probe does not ask this');
  };
  return {
    status: () => Promise.resolve(status),
    members: ({ linearizable: asked }) => (asked ? never() : Promise.resolve(members)),
    linearizableRead: () => Promise.resolve(linearizable),
    addLearner: never,
    promote: never,
    remove: never,
    moveLeader: never,
    alarms: never,
    hashKV: never,
    serializableRead: never,
    close: never,
    ...changed,
  };
}

const withAlarm = { ...status, errors: ['memberID:1 alarm:NOSPACE '] };
const learner = { ...status, isLearner: true };

const rows: readonly [sentence: string, Partial<MemberClient>, MemberProbe][] = [
  ['all well', {}, { reachable: true, status, alarms: [], members, linearizable }],
  [
    'an alarm',
    { status: () => Promise.resolve(withAlarm) },
    { reachable: true, status: withAlarm, alarms: [{ memberID, type: 'NOSPACE' }], members, linearizable },
  ],
  [
    'a learner, whose refusals are no failures',
    {
      status: () => Promise.resolve(learner),
      members: fails('LearnerRefuses'),
      linearizableRead: fails('LearnerRefuses'),
    },
    { reachable: true, status: learner, alarms: [] },
  ],
  [
    'no quorum',
    { linearizableRead: fails('Timeout') },
    {
      reachable: true,
      status,
      alarms: [],
      members,
      error: { call: 'linearizableRead', code: 'Timeout', message: 'says Timeout' },
    },
  ],
  [
    'nothing answers',
    { status: fails('Unavailable'), members: fails('Unavailable'), linearizableRead: fails('Unavailable') },
    { reachable: false, error: { call: 'status', code: 'Unavailable', message: 'says Unavailable' } },
  ],
  [
    'every answer is a refusal: reachable all the same',
    { status: fails('Timeout'), members: fails('Timeout'), linearizableRead: fails('NoLeader') },
    { reachable: true, error: { call: 'status', code: 'Timeout', message: 'says Timeout' } },
  ],
  [
    'what no client should ever throw',
    { members: () => Promise.reject(new RangeError('odd')) },
    {
      reachable: true,
      status,
      alarms: [],
      linearizable,
      error: { call: 'members', code: 'Other', message: 'RangeError: odd' },
    },
  ],
];

describe('probe', () => {
  for (const [sentence, changed, expected] of rows) {
    it(sentence, async () => {
      expect(await probeMember(client(changed), { deadlineMs: 100 })).to.deep.equal(expected);
    });
  }
});
