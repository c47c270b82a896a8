import { expect } from 'chai';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, nodeCommand, start } from '../../support/node-process.js';
import { eventually } from '../../support/poll.js';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('controller: the process', function () {
  this.timeout(30_000);
  let folder: string;
  let kubeconfig: string;
  const children: ChildProcess[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-controller-'));
    kubeconfig = join(folder, 'kubeconfig');
    // Nobody listens on port 9: an API server that is away.
    const cluster = { name: 'away', cluster: { server: 'https://127.0.0.1:9' } };
    const context = { name: 'away', context: { cluster: 'away', user: 'nobody' } };
    const user = { name: 'nobody', user: { token: 'x' } };
    const config = { apiVersion: 'v1', kind: 'Config', clusters: [cluster], contexts: [context], users: [user] };
    writeFileSync(kubeconfig, JSON.stringify({ ...config, 'current-context': 'away' }));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => end(child)));
  });
  after(() => rmSync(folder, { recursive: true }));

  function run(...flags: string[]) {
    const command = [...nodeCommand(import.meta.url, '../../../cmd/main'), 'controller', ...flags];
    const child = start(command, { stdio: 'pipe' });
    children.push(child);
    const output = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString('utf8')));
    const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
    return { child, output, ended };
  }
  const away = (): string[] => [`--kubeconfig=${kubeconfig}`, '--bind-address=127.0.0.1'];

  it('helps on stdout and ends with 0', async () => {
    const { code, stdout, stderr } = await run('--help').ended;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/^Usage: quorate controller \[OPTIONS\]\n/);
  });

  it('names a mistake on stderr and ends with 2', async () =>
    expect(await run('--workers=99').ended).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        'quorate controller: --workers must be a whole number from 1 to 64, not "99"; the nearest is 64\n' +
        'See quorate controller --help.\n',
    }));

  it('says which context there is not, and ends with 1', async () => {
    const { code, stdout } = await run(...away(), '--context=prod').ended;
    expect(code).to.equal(1);
    expect(JSON.parse(stdout)).to.deep.include({
      level: 'fatal',
      msg: 'cannot run',
      error: 'no context "prod" in the kubeconfig; there are: away',
    });
  });

  it('ends with 1 when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stdout } = await run(...away(), `--metrics-port=${port}`).ended;
    other.close();
    expect(code).to.equal(1);
    expect(stdout).to.contain('EADDRINUSE');
  });

  it('answers probes beside callers that connect and say nothing, and ends their connections', async function () {
    this.timeout(60_000);
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as { port: number };
    free.close();
    run(...away(), `--metrics-port=${port}`);
    const probe = async (path: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers: { connection: 'close' } });
      return `${response.status} ${(await response.text()).split('\n')[0]}`;
    };
    await eventually('it is alive', 20_000, async () =>
      probe('livez').then(
        (value) => ({ done: true, value }),
        (error: unknown) => ({ done: false, seen: error }),
      ),
    );
    const silent = Array.from({ length: 200 }, () => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    expect(await Promise.all(['livez', 'readyz', 'metrics', 'x'].map(probe))).to.deep.equal([
      '200 ok',
      '503 caches are not filled',
      '200 # HELP process_cpu_user_seconds_total Total user CPU time spent in seconds.',
      '404 not found; there are /livez, /readyz and /metrics',
    ]);
    await eventually('they are gone', 15_000, async () => {
      const left = silent.filter((socket) => !socket.resume().destroyed).length;
      return left === 0 ? { done: true, value: left } : { done: false, seen: left };
    });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends on ${signal} with 0 while it still waits for the API server`, async () => {
      const { child, output, ended } = run(...away(), '--metrics-port=0');
      await eventually('it waits', 20_000, async () =>
        output.stdout.includes('watch failed') ? { done: true, value: true } : { done: false, seen: output },
      );
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(code).to.equal(0);
      expect(stdout.trimEnd().split('\n').at(-1)).to.contain('"msg":"controller ended"');
    });
  }
});
