import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';

const ask = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/run.mjs', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

describe('npm scripts', function () {
  this.timeout(30_000);

  it('are each explained by --help, of any of them', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const run = Object.entries(scripts).filter(([, command]) => command.startsWith('node tools/run.mjs'));
    for (const name of ['help', 'test', 'e2e', 'unit']) {
      const { status, stdout } = ask(name, '--help');
      expect(status, name).to.equal(0);
      for (const [script] of run) expect(stdout).to.match(new RegExp(`^ {2}npm run ${script} +\\w`, 'm'));
    }
  });

  it('refuse what they do not know, before anything is done', () => {
    expect(ask('tset')).to.include({ status: 2, stderr: '' });
    expect(ask('test', 'one.test.ts')).to.deep.equal({
      status: 2,
      stdout: '',
      stderr: 'npm run test takes no options, not "one.test.ts"; one file: npm run unit -- FILE.test.js\n',
    });
  });
});
