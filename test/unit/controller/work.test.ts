import { expect } from 'chai';
import { NotLeaderError } from '../../../controller/effects.js';
import { createWork } from '../../../controller/work.js';
import { EtcdError } from '../../../etcd/index.js';
import { ApiError, createWorkQueue } from '../../../kube/index.js';
import { fakeClock, middling } from '../kube/support/fake-clock.js';

const key = 'shop/orders';

interface Outcome {
  /** Milliseconds until the next pass. */
  readonly again: readonly number[];
  /** How many there were in a row, which lengthens the backoff. */
  readonly failures: number;
  readonly told: readonly string[];
}

/** A queue of the controller's own delays, after these many passes that end alike. */
async function after(passes: number, reconcile: () => Promise<number | undefined>): Promise<Outcome> {
  const clock = fakeClock();
  const queue = createWorkQueue({ clock, random: middling, baseDelayMs: 50, maxDelayMs: 30_000 });
  const told: string[] = [];
  const tell = (_: object, message: string): void => void told.push(message);
  const work = createWork({
    reconcile,
    queue,
    metrics: {
      pass: (_, outcome) => void told.push(outcome),
      forget: ({ name }) => void told.push(`${name} forgotten`),
    },
    log: { debug: tell, info: tell, warn: tell, error: tell },
    now: () => clock.now(),
  });
  const until = new AbortController();
  queue.add(key);
  const ran = queue.run(work, 1, until.signal);
  await clock.advance(0);
  for (let pass = 1; pass < passes; pass++) await clock.advance(clock.pending()[0] ?? 0);
  const outcome = { again: clock.pending(), failures: queue.failures(key), told: told.slice(-2) };
  until.abort();
  await ran;
  return outcome;
}

const failing = (error: Error) => async () => Promise.reject(error);
const forbidden = new ApiError({
  status: 403,
  reason: 'Forbidden',
  message: 'x',
  body: { kind: 'Status', details: { causes: [{ reason: 'NamespaceTerminating' }] } } as never,
});

interface Row extends Outcome {
  readonly when: string;
  readonly passes?: number;
  readonly reconcile: () => Promise<number | undefined>;
}

const rows: readonly Row[] = [
  { when: 'is done', reconcile: async () => 2_000, again: [2_000], failures: 0, told: ['done'] },
  {
    when: 'finds no cluster',
    reconcile: async () => undefined,
    again: [],
    failures: 0,
    told: ['done', 'orders forgotten'],
  },
  {
    when: 'does not lead, again and again',
    passes: 3,
    reconcile: failing(new NotLeaderError('not the leader')),
    again: [1_000],
    failures: 0,
    told: ['failed', 'failed'],
  },
  {
    when: 'is overtaken, again and again',
    passes: 3,
    reconcile: failing(new EtcdError('UnhealthyCluster', 'x', false)),
    again: [250],
    failures: 0,
    told: ['failed', 'overtaken: looking again'],
  },
  {
    when: 'meets a namespace that is being deleted',
    reconcile: failing(forbidden),
    again: [30_000],
    failures: 0,
    told: ['failed', 'the namespace is being deleted: nothing is put back'],
  },
  {
    when: 'fails for the third time',
    passes: 3,
    reconcile: failing(new Error('x')),
    again: [150],
    failures: 3,
    told: ['failed', 'pass failed'],
  },
];

describe('the next pass', () => {
  for (const { when, passes = 1, reconcile, ...outcome } of rows)
    it(`comes in its time when one ${when}`, async () => expect(await after(passes, reconcile)).to.deep.equal(outcome));
});
