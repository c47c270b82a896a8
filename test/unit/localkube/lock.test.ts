import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStaleLocks, startTime, startTimeIn, withLock } from '../../localkube/lock.js';
import { pause } from '../../support/poll.js';

describe('localkube locks', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'localkube-lock-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  for (const [what, name, state, threads, expected] of [
    ['one that runs', '(etcd)', 'S', 9, '171306'],
    ['one whose name has spaces and parentheses', '(a) Z (b 1)', 'R', 1, '171306'],
    ['one that has ended and is not reaped yet', '(etcd)', 'Z', 1, undefined],
    ['one whose first thread has ended and that still holds its ports', '(kube-apiserver)', 'Z', 4, '171306'],
  ] as const) {
    it(`know by its stat file whether a process lives: ${what}`, () => {
      const between = '17573 17573 1498 0 -1 4194304 100 0 0 0 0 0 0 0 20 0';
      expect(startTimeIn(`17628 ${name} ${state} ${between} ${threads} 0 171306 3133440 393`)).to.equal(expected);
    });
  }

  it('let one at a time pass', async () => {
    const path = join(dir, 'a.lock');
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await pause(5);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, work)));
    expect(most).to.equal(1);
    expect(existsSync(path)).to.equal(false);
  });

  it('are given up when the work fails', async () => {
    const path = join(dir, 'a.lock');
    const failure = await withLock(path, () => Promise.reject(new Error('no'))).catch((error: unknown) => error);
    expect((failure as Error).message).to.equal('no');
    expect(existsSync(path)).to.equal(false);
  });

  it('are taken from the dead, and from a process that only has the pid of the dead', async () => {
    const path = join(dir, 'a.lock');
    for (const text of ['999999999 1', `${process.pid} 1`, '']) {
      writeFileSync(path, text);
      expect(await withLock(path, async () => 'in')).to.equal('in');
    }
  });

  it('tell once who holds them', async () => {
    const path = join(dir, 'a.lock');
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    writeFileSync(path, `${pid} ${startTime(pid) ?? ''}`);
    const told: string[] = [];
    const entered = withLock(
      path,
      async () => 'in',
      (holder) => told.push(holder),
    );
    await pause(10);
    child.kill('SIGKILL');
    expect(await entered).to.equal('in');
    expect(told).to.deep.equal([String(pid)]);
  });

  it('of the dead can be swept, those of the living stay', () => {
    writeFileSync(join(dir, 'dead.lock'), '999999999 1');
    writeFileSync(join(dir, 'dead.lock.999999999'), '999999999 1');
    writeFileSync(join(dir, 'live.lock'), `${process.pid} ${startTime(process.pid) ?? ''}`);
    writeFileSync(join(dir, 'record.json'), '{}');
    removeStaleLocks(dir);
    expect(
      ['dead.lock', 'dead.lock.999999999', 'live.lock', 'record.json'].map((name) => existsSync(join(dir, name))),
    ).to.deep.equal([false, false, true, true]);
  });
});
