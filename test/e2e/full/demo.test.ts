import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { demoNamespace } from '../../demo/spec.js';
import { run } from '../../localkube/exec.js';
import { binary, down, type Cluster } from '../../localkube/index.js';
import { getObject, kubectl } from '../../support/place.js';
import { eventually } from '../../support/poll.js';
import { collectOnFailure, operatorCluster, setUpMs } from '../support/operator.js';
import { leftNothing, traces } from '../support/traces.js';

const minute = 60_000;
const main = join(import.meta.dirname, '..', '..', 'demo', 'main.ts');
const demo = (...args: readonly string[]): readonly string[] => [process.execPath, '--import', 'tsx', main, ...args];

describe('npm run demo', () => {
  describe('on a cluster that exists', () => {
    let place: Cluster;

    before(async function () {
      this.timeout(setUpMs);
      place = await operatorCluster();
    });
    collectOnFailure(() => [demoNamespace]);

    it('goes from the first command to the last, reads every key back and leaves the operator alone', async function () {
      this.timeout(10 * minute);
      // As a user has it: kubectl on the path, a kubeconfig with a context.
      const tool = await binary('kubernetes', 'kubectl');
      const env = { PATH: `${dirname(tool)}:${process.env['PATH'] ?? ''}`, KUBECONFIG: place.kubeconfig };
      const context = await kubectl(place, ['config', 'current-context']);
      const command = demo('--context', context.trim(), '--down-after');
      const { code, stdout, stderr } = await run(command, { env, timeoutMs: 9 * minute });
      expect(code, stdout + stderr).to.equal(0);
      for (const told of [
        /spec\.size: .*0, 1, 3, 5, 7/,
        /spec\.version: /,
        /(\d+) keys acknowledged, \d+ stored, none lost, none changed/,
        /All of it took \d+\.\d s/,
        /The namespace quorate-demo is gone; the operator stays\./,
      ]) {
        expect(stdout).to.match(told);
      }
      expect(Number(/(\d+) keys acknowledged/.exec(stdout)?.[1])).to.be.greaterThan(100);
      expect(await kubectl(place, ['get', 'namespace', demoNamespace, '--ignore-not-found'])).to.equal('');
      const controller = await getObject<object>(place, 'deployment', 'quorate-system', 'quorate-controller');
      expect(controller).to.not.equal(undefined);
    });
  });

  describe('on a cluster of its own', () => {
    const name = 'demo-e2e';

    after(() => down(name));

    it('is interrupted in the middle of the writing, and leaves nothing', async function () {
      this.timeout(setUpMs);
      await down(name);
      const bare = traces(name);
      const [file = '', ...args] = demo('--name', name);
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const ended = once(child, 'exit').then(([code]) => code as number | null);
      try {
        await eventually('1 → 3 under the writer', 10 * minute, async () => {
          if (child.exitCode !== null) throw new Error(`the demo ended: ${said}`);
          const seen = said.slice(-2_000);
          return /1 → 3[^]*learner/.test(said) ? { done: true, value: undefined } : { done: false, seen };
        });
        child.kill('SIGINT');
        expect(await ended, said).to.equal(130);
      } finally {
        child.kill('SIGTERM');
      }
      expect(said).to.contain('Interrupted: taking everything down.').and.contain(`${name} is down`);
      await leftNothing(name, bare);
    });
  });
});
