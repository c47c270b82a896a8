import { expect } from 'chai';
import fc from 'fast-check';
import { check, type Attempt, type Stored, type Violation } from '../../support/history.js';

const ok = (seq: number, over: Partial<Attempt> = {}): Attempt => ({
  seq,
  key: `k${seq}`,
  value: `v${seq}`,
  sent: seq * 10,
  answered: seq * 10 + 5,
  outcome: 'ok',
  revision: 100 + seq,
  cluster: 'c1',
  ...over,
});
const failed = (seq: number): Attempt => ({
  seq,
  key: `k${seq}`,
  value: `v${seq}`,
  sent: seq * 10,
  answered: seq * 10 + 5,
  outcome: 'error',
  error: 'deadline',
});
const held = (seq: number, over: Partial<Stored> = {}): Stored => ({
  key: `k${seq}`,
  value: `v${seq}`,
  createRevision: 100 + seq,
  modRevision: 100 + seq,
  version: 1,
  ...over,
});

interface Row {
  readonly name: string;
  readonly attempts: Attempt[];
  readonly stored: Stored[];
  readonly violations: Violation[];
}

const rows: Row[] = [
  {
    name: 'accepts every acknowledged key present',
    attempts: [ok(1), ok(2)],
    stored: [held(1), held(2)],
    violations: [],
  },
  { name: 'accepts a failed put that is absent', attempts: [ok(1), failed(2)], stored: [held(1)], violations: [] },
  {
    name: 'accepts a failed put that is present',
    attempts: [ok(1), failed(2)],
    stored: [held(1), held(2)],
    violations: [],
  },
  {
    name: 'accepts a failed put that took effect after a later one',
    attempts: [failed(1), ok(2)],
    stored: [held(1, { createRevision: 109, modRevision: 109 }), held(2)],
    violations: [],
  },
  {
    name: 'accepts overlapping puts in either order',
    attempts: [ok(1, { answered: 30, revision: 102 }), ok(2, { answered: 29, revision: 101 })],
    stored: [held(1, { createRevision: 102, modRevision: 102 }), held(2, { createRevision: 101, modRevision: 101 })],
    violations: [],
  },
  {
    name: 'refuses an acknowledged key that is gone',
    attempts: [ok(1), ok(2)],
    stored: [held(2)],
    violations: [{ rule: 'lost', key: 'k1', message: 'acknowledged at revision 101 and gone' }],
  },
  {
    name: 'refuses another value',
    attempts: [ok(1)],
    stored: [held(1, { value: 'x' })],
    violations: [{ rule: 'changed', key: 'k1', message: 'wrote v1, holds x' }],
  },
  {
    name: 'refuses a put that was applied twice',
    attempts: [failed(1)],
    stored: [held(1, { modRevision: 103, version: 2 })],
    violations: [{ rule: 'repeated', key: 'k1', message: 'put once, applied 2 times' }],
  },
  {
    name: 'refuses an acknowledged key at another revision',
    attempts: [ok(1)],
    stored: [held(1, { createRevision: 90, modRevision: 90 })],
    violations: [{ rule: 'moved', key: 'k1', message: 'acknowledged at revision 101, stored at 90' }],
  },
  {
    name: 'refuses a key that nobody wrote',
    attempts: [ok(1)],
    stored: [held(1), held(9)],
    violations: [{ rule: 'unknown', key: 'k9', message: 'stored at 109, never written' }],
  },
  {
    name: 'refuses a revision that went backwards',
    attempts: [ok(1), ok(2, { revision: 7 })],
    stored: [held(1), held(2, { createRevision: 7, modRevision: 7 })],
    violations: [{ rule: 'backwards', key: 'k2', message: 'revision 7 after k1 had been answered with 101' }],
  },
  {
    name: 'refuses a failed put stored below one that was answered before it was sent',
    attempts: [ok(1), failed(2)],
    stored: [held(1), held(2, { createRevision: 50, modRevision: 50 })],
    violations: [{ rule: 'backwards', key: 'k2', message: 'revision 50 after k1 had been answered with 101' }],
  },
  {
    name: 'refuses one revision for two puts',
    attempts: [ok(1, { answered: 30 }), ok(2, { answered: 30, revision: 101 })],
    stored: [held(1), held(2, { createRevision: 101, modRevision: 101 })],
    violations: [{ rule: 'twice', key: 'k2', message: "revision 101 is k1's" }],
  },
  {
    name: 'refuses an answer of another cluster',
    attempts: [ok(1), ok(2, { cluster: 'c2' })],
    stored: [held(1), held(2)],
    violations: [{ rule: 'otherCluster', key: 'k2', message: 'answered by c2, first was c1' }],
  },
];

describe('history checker', () => {
  for (const row of rows) it(row.name, () => expect(check(row.attempts, row.stored)).to.deep.equal(row.violations));

  // A register replayed with random delays and lost replies is always accepted; taking one acknowledged key away never is.
  const history = fc.array(
    fc.record({ gap: fc.nat(30), before: fc.nat(40), after: fc.nat(40), fate: fc.constantFrom('ok', 'lost', 'never') }),
    {
      minLength: 1,
      maxLength: 60,
    },
  );

  it('accepts every history that a correct store can produce', () => {
    fc.assert(fc.property(history, (plan) => void expect(check(...replay(plan))).to.deep.equal([])));
  });

  it('refuses each such history with one acknowledged key missing', () => {
    fc.assert(
      fc.property(history, fc.nat(), (plan, pick) => {
        const [attempts, stored] = replay(plan);
        const acknowledged = attempts.filter((attempt) => attempt.outcome === 'ok');
        fc.pre(acknowledged.length > 0);
        const victim = acknowledged[pick % acknowledged.length]?.key;
        const violations = check(
          attempts,
          stored.filter((entry) => entry.key !== victim),
        );
        expect(violations.map(({ rule, key }) => ({ rule, key }))).to.deep.equal([{ rule: 'lost', key: victim }]);
      }),
    );
  });
});

interface Planned {
  readonly gap: number;
  readonly before: number;
  readonly after: number;
  readonly fate: string;
}

function replay(plan: readonly Planned[]): [Attempt[], Stored[]] {
  let sent = 0;
  const puts = plan.map((put, seq) => ({ ...put, seq, sent: (sent += put.gap), applied: sent + put.before }));
  const order = puts.filter((put) => put.fate !== 'never').sort((a, b) => a.applied - b.applied || a.seq - b.seq);
  const revisions = new Map(order.map((put, index) => [put.seq, index + 2]));
  const attempts = puts.map((put): Attempt => {
    const common = {
      seq: put.seq,
      key: `k${put.seq}`,
      value: `v${put.seq}`,
      sent: put.sent,
      answered: put.applied + put.after,
    };
    const revision = revisions.get(put.seq);
    return put.fate === 'ok' && revision !== undefined
      ? { ...common, outcome: 'ok', revision, cluster: 'c1' }
      : { ...common, outcome: 'error', error: put.fate };
  });
  const stored = order.map(({ seq }): Stored => {
    const revision = revisions.get(seq) ?? 0;
    return { key: `k${seq}`, value: `v${seq}`, createRevision: revision, modRevision: revision, version: 1 };
  });
  return [attempts, stored];
}
