import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { nodeCommand, start } from '../../support/node-process.js';
import { eventually } from '../../support/poll.js';
import { authority } from './support/certificates.js';
import { secretFolder, type SecretFolder } from './support/secret-folder.js';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('webhook: the process', function () {
  this.timeout(30_000);
  let secret: SecretFolder;
  before(async () => {
    secret = secretFolder();
    const pair = await (await authority()).issue();
    secret.swap({ 'tls.crt': pair.cert, 'tls.key': pair.key });
  });
  after(() => secret.remove());

  function run(...flags: string[]) {
    const child = start([...nodeCommand(import.meta.url, '../../../cmd/main'), 'webhook', ...flags], { stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString('utf8')));
    const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
    return { child, output, ended };
  }
  const files = () => [`--cert-file=${secret.files.cert}`, `--key-file=${secret.files.key}`];
  const local = ['--bind-address=127.0.0.1', '--metrics-port=0'];

  it('helps on stdout and ends with 0', async () => {
    const { code, stdout, stderr } = await run('--help').ended;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^Usage: quorate webhook \[OPTIONS\]\n/);
  });

  it('names a mistake on stderr and ends with 2', async () => {
    expect(await run('--port=99999').ended).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        'quorate webhook: --port must be a whole number from 0 to 65535, not "99999"; nearest valid: 65535\n' +
        'See quorate webhook --help.\n',
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains on ${signal} and ends with 0, its last line written`, async () => {
      const { child, output, ended } = run(...files(), ...local, '--port=0', '--drain-seconds=0');
      await eventually('it is ready', 20_000, async () =>
        output.stdout.includes('"msg":"ready"') ? { done: true, value: true } : { done: false, seen: output },
      );
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(code).to.equal(0);
      expect(stdout.trimEnd().split('\n').at(-1)).to.contain('"msg":"stopped"');
    });
  }

  it('ends with 1 when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stdout } = await run(...files(), ...local, `--port=${port}`).ended;
    other.close();
    expect(code).to.equal(1);
    expect(stdout).to.contain('EADDRINUSE');
  });

  it('ends on a signal while it still waits for a certificate', async () => {
    const { child, output, ended } = run('--cert-file=/nowhere/a', '--key-file=/nowhere/b', ...local, '--port=0');
    await eventually('it waits', 20_000, async () =>
      output.stdout.includes('certificate refused') ? { done: true, value: true } : { done: false, seen: output },
    );
    child.kill('SIGTERM');
    expect((await ended).code).to.equal(0);
  });
});
