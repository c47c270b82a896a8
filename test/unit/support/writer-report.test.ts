import { expect } from 'chai';
import type { Attempt } from '../../support/history.js';
import { byPhase, report, table } from '../../support/writer/report.js';
import { judgeHashes, Unintact } from '../../support/writer/verdict.js';

const put = (seq: number, sent: number, latency: number, isOk = true): Attempt => {
  const common = { seq, key: `k${seq}`, value: `v${seq}`, sent, answered: sent + latency };
  return isOk ? { ...common, outcome: 'ok', revision: seq + 10 } : { ...common, outcome: 'error', error: 'deadline' };
};
// Every 10 ms, answered after 1 ms; none acknowledged between 30 and 60.
const attempts = [0, 10, 20, 30, 40, 50, 60, 70].map((at, seq) => put(seq, at, 1, at < 30 || at >= 60));

describe('writer report', () => {
  it('counts what was sent in the window and measures the longest silence', () => {
    expect(report(attempts, { from: 0, to: 80 }, 'all')).to.deep.equal({
      label: 'all',
      attempts: 8,
      acknowledged: 5,
      percent: 62.5,
      longestGapMs: 40,
      p50: 1,
      p99: 1,
      highestRevision: 17,
    });
  });

  it('cuts a silence at the edges of the window', () => {
    const gaps = [
      { from: 0, to: 40 },
      { from: 40, to: 80 },
    ].map((window) => report(attempts, window, '').longestGapMs);
    expect(gaps).to.deep.equal([19, 21]);
  });

  it('takes a window without any acknowledgement as one silence', () => {
    expect(report(attempts, { from: 30, to: 60 }, 'stopped')).to.deep.equal({
      label: 'stopped',
      attempts: 3,
      acknowledged: 0,
      percent: 0,
      longestGapMs: 30,
      p50: 0,
      p99: 0,
      highestRevision: 0,
    });
  });

  it('gives nearest-rank quantiles of acknowledged puts alone', () => {
    const slow = Array.from({ length: 100 }, (_, seq) => put(seq, seq, seq + 1)).concat(put(100, 50, 5000, false));
    const { p50, p99 } = report(slow, { from: 0, to: 200 }, '');
    expect({ p50, p99 }).to.deep.equal({ p50: 50, p99: 99 });
  });

  it('gives a line a phase', () => {
    const marks = [
      { label: '1→3', at: 0 },
      { label: '3→1', at: 40 },
    ];
    expect(table(byPhase(attempts, marks, 80)).split('\n')).to.deep.equal([
      'phase  attempts  acknowledged     %  longest gap ms  p50 ms  p99 ms  revision',
      '1→3           4             3  75.0              19     1.0     1.0        12',
      '3→1           4             2  50.0              21     1.0     1.0        17',
    ]);
  });
});

describe('member hashes', () => {
  it('accepts equal hashes, and a single member', () => {
    const hash = { hash: '7', compactRevision: '1' };
    expect(judgeHashes([])).to.deep.equal([]);
    expect(judgeHashes([{ endpoint: 'a', ...hash }])).to.deep.equal([]);
    expect(
      judgeHashes([
        { endpoint: 'a', ...hash },
        { endpoint: 'b', ...hash },
      ]),
    ).to.deep.equal([]);
  });

  it('refuses a member that differs, naming all', () => {
    const found = judgeHashes([
      { endpoint: 'a', hash: '7', compactRevision: '1' },
      { endpoint: 'b', hash: '8', compactRevision: '1' },
    ]);
    expect(found).to.deep.equal([
      { rule: 'hash', key: 'a', message: '7 from revision 1' },
      { rule: 'hash', key: 'b', message: '8 from revision 1' },
    ]);
  });

  it('refuses a member that does not answer', () => {
    const found = judgeHashes([
      { endpoint: 'a', hash: '7', compactRevision: '1' },
      { endpoint: 'b', error: 'unreachable' },
    ]);
    expect(found).to.deep.equal([{ rule: 'hash', key: 'b', message: 'unreachable' }]);
  });

  it('tells the first twenty violations and how many more', () => {
    const violations = Array.from({ length: 25 }, (_, n) => ({ rule: 'lost', key: `k${n}`, message: 'gone' }));
    const lines = new Unintact(violations).message.split('\n');
    expect([lines[0], lines[1], lines.at(-1), lines.length]).to.deep.equal([
      '25 violations:',
      '  lost k0: gone',
      '  and 5 more',
      22,
    ]);
  });
});
