import { expect } from 'chai';
import { probeAll, type Probed } from '../../../controller/probe-all.js';
import { EtcdError, type Member, type MemberClient } from '../../../etcd/index.js';
import { fakeClock, type FakeClock } from '../kube/support/fake-clock.js';

const deadlineMs = 1_000;
const never = Infinity;

interface Kind {
  readonly isLearner?: boolean;
  /** Until it answers about itself, and with the list of the quorum. */
  readonly answersInMs: number;
  readonly listsInMs?: number;
}

const listed = (kinds: readonly Kind[]): readonly Member[] =>
  kinds.map(({ isLearner = false }, ordinal) => ({
    id: `${ordinal}`,
    name: '',
    peerURLs: [`https://m${ordinal}:2380`],
    clientURLs: [],
    isLearner,
  }));

interface Call {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Answers in that time, unless the deadline or the caller ends it. */
async function answer<T>(clock: FakeClock, inMs: number, { signal, ...call }: Call, value: T): Promise<T> {
  await clock.sleep(Math.min(inMs, call.deadlineMs), signal);
  if (signal?.aborted) throw new EtcdError('Aborted', 'x', false);
  if (inMs > call.deadlineMs) throw new EtcdError('Timeout', 'x', false);
  return value;
}

function member(clock: FakeClock, kinds: readonly Kind[], ordinal: number): Probed {
  const { answersInMs, listsInMs = answersInMs } = kinds[ordinal] as Kind;
  const members = { clusterID: 'c', memberID: `${ordinal}`, members: listed(kinds) };
  const client = {
    status: async (call: Call) => answer(clock, answersInMs, call, { errors: [] }),
    members: async (call: Call & { linearizable: boolean }) =>
      answer(clock, call.linearizable ? listsInMs : answersInMs, call, members),
    linearizableRead: async (call: Call) => answer(clock, answersInMs, call, {}),
  };
  return { ordinal, client: client as unknown as MemberClient };
}

/** What each member was found to be, and how long it all took. */
async function looked(isGrowing: boolean, kinds: readonly Kind[]): Promise<string> {
  const clock = fakeClock();
  const started = clock.now();
  const probes = probeAll(
    kinds.map((_, ordinal) => member(clock, kinds, ordinal)),
    { deadlineMs, isGrowing, ordinalOf: (host) => Number(host.slice(1)), clock },
  ).then((all) => {
    const found = all.map(([ordinal, { status, error }]) => `${ordinal} ${status ? 'answers' : (error?.code ?? '')}`);
    return `${found.join(', ')} in ${clock.now() - started} ms`;
  });
  await clock.advance(2 * deadlineMs);
  return probes;
}

interface Row {
  readonly when: string;
  readonly isGrowing: boolean;
  readonly kinds: readonly Kind[];
  readonly then: string;
}

const voter = { answersInMs: 10 };
const silentVoter = { answersInMs: never };
const silentLearner = { isLearner: true, answersInMs: never };

const rows: readonly Row[] = [
  {
    when: 'while growing, a learner is silent',
    isGrowing: true,
    kinds: [voter, silentLearner],
    then: '0 answers, 1 Aborted in 210 ms',
  },
  {
    when: 'while growing, a learner answers in time',
    isGrowing: true,
    kinds: [voter, { isLearner: true, answersInMs: 200 }],
    then: '0 answers, 1 answers in 200 ms',
  },
  {
    when: 'while growing, the list comes late',
    isGrowing: true,
    kinds: [{ answersInMs: 10, listsInMs: 500 }, silentLearner],
    then: '0 answers, 1 Aborted in 700 ms',
  },
  {
    when: 'while growing, a voter is silent too',
    isGrowing: true,
    kinds: [voter, silentVoter, silentLearner],
    then: '0 answers, 1 Timeout, 2 Aborted in 1000 ms',
  },
  {
    when: 'while growing, a voter is slow',
    isGrowing: true,
    kinds: [voter, { answersInMs: 900 }, silentLearner],
    then: '0 answers, 1 answers, 2 Aborted in 900 ms',
  },
  {
    when: 'while growing, no list comes',
    isGrowing: true,
    kinds: [silentVoter, silentLearner],
    then: '0 Timeout, 1 Timeout in 1000 ms',
  },
  {
    when: 'at rest, a learner is silent',
    isGrowing: false,
    kinds: [voter, silentLearner],
    then: '0 answers, 1 Timeout in 1000 ms',
  },
];

describe('a look at every member', () => {
  for (const { when, isGrowing, kinds, then } of rows)
    it(`when ${when}: ${then}`, async () => expect(await looked(isGrowing, kinds)).to.equal(then));
});
