import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadConnection, type Connection } from '../../../kube/index.js';
import { fakeClock, type FakeClock } from './support/fake-clock.js';

const inPod = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('kube: connections', () => {
  let folder: string;
  let clock: FakeClock;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quorate-kube-'));
    clock = fakeClock();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const materialOf = ({ tls }: Connection) => (typeof tls === 'function' ? tls() : Promise.resolve(tls));
  const failed = (load: Promise<unknown>): Promise<string> =>
    load.then(
      () => 'it succeeded',
      (error: unknown) => (error as Error).message,
    );

  describe('from within a pod', () => {
    /** As the kubelet mounts it: names that point through one symlink, which is swapped. */
    async function mount(version: number): Promise<void> {
      const data = join(folder, `..${version}`);
      await mkdir(data);
      for (const [file, text] of Object.entries({
        token: `token-${version}\n`,
        'ca.crt': `ca-${version}`,
        namespace: 'system',
      })) {
        await writeFile(join(data, file), text);
        if (version === 1) await symlink(join('..data', file), join(folder, file));
      }
      await rm(join(folder, '..data'), { force: true });
      await symlink(`..${version}`, join(folder, '..data'));
    }
    const load = (env: Record<string, string> = inPod) => loadConnection({ clock, process: { env, root: folder } });

    it('uses the service account', async () => {
      await mount(1);
      const connection = await load();
      expect(connection).to.include({ server: 'https://10.96.0.1:443', namespace: 'system' });
      expect(await materialOf(connection)).to.deep.equal({ ca: 'ca-1' });
      expect(await connection.tokenSource?.token()).to.equal('token-1');
    });

    it('reads token and authority again after a minute, and the token at once after a 401', async () => {
      await mount(1);
      const connection = await load();
      await mount(2);
      await clock.advance(59_999);
      expect(await connection.tokenSource?.token()).to.equal('token-1');
      await clock.advance(1);
      expect(await connection.tokenSource?.token()).to.equal('token-2');
      expect(await materialOf(connection)).to.deep.equal({ ca: 'ca-2' });
      await mount(3);
      expect(await connection.tokenSource?.token()).to.equal('token-2');
      connection.tokenSource?.invalidate?.();
      expect(await connection.tokenSource?.token()).to.equal('token-3');
    });

    it('keeps no failure: the next call reads again', async () => {
      await mount(1);
      const connection = await load();
      await rm(join(folder, '..data'));
      await clock.advance(60_000);
      expect(await failed(connection.tokenSource?.token() as Promise<unknown>)).to.match(/ENOENT.*token/);
      await mount(2);
      expect(await connection.tokenSource?.token()).to.equal('token-2');
    });

    it('brackets an IPv6 address', async () => {
      await mount(1);
      expect((await load({ ...inPod, KUBERNETES_SERVICE_HOST: 'fd00::1' })).server).to.equal('https://[fd00::1]:443');
    });

    it('says so when it is not in one', async () => {
      const load = loadConnection({ clock, inCluster: true, process: { env: {}, root: folder } });
      expect(await failed(load)).to.match(/not in a pod: KUBERNETES_SERVICE_HOST/);
    });
  });

  describe('from a kubeconfig', () => {
    before('client-node is large: seconds on a busy machine', async function () {
      this.timeout(60_000);
      await import('../../../kube/kubeconfig.js');
    });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    async function write(user: object, cluster: object = {}): Promise<string> {
      const file = join(folder, 'config');
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'first',
        clusters: [
          {
            name: 'one',
            cluster: { server: 'https://one:6443', 'certificate-authority-data': base64('ca'), ...cluster },
          },
          { name: 'two', cluster: { server: 'https://two:6443', 'insecure-skip-tls-verify': true } },
        ],
        users: [{ name: 'me', user }],
        contexts: [
          { name: 'first', context: { cluster: 'one', user: 'me', namespace: 'shop' } },
          { name: 'second', context: { cluster: 'two', user: 'me' } },
          { name: 'broken', context: { cluster: 'gone', user: 'me' } },
        ],
      };
      await writeFile(file, stringify(config));
      return file;
    }
    const plain = { ca: 'ca', cert: undefined, key: undefined, servername: undefined, insecureSkipVerify: false };

    it('uses the current context, its certificates, and files relative to it', async () => {
      await writeFile(join(folder, 'me.key'), 'key');
      const kubeconfig = await write({ 'client-certificate-data': base64('cert'), 'client-key': 'me.key' });
      const connection = await loadConnection({ kubeconfig, clock });
      expect(connection).to.deep.include({ server: 'https://one:6443', namespace: 'shop', headers: {} });
      expect(await materialOf(connection)).to.deep.equal({ ...plain, cert: 'cert', key: 'key' });
      expect(await connection.tokenSource?.token()).to.equal(undefined);
    });

    it('uses the context it is told to, tokens, impersonation and a server’s other name', async () => {
      const kubeconfig = await write({ token: 'secret', as: 'eve' });
      const second = await loadConnection({ kubeconfig, context: 'second', clock });
      expect(second.server).to.equal('https://two:6443');
      expect(await second.tokenSource?.token()).to.equal('secret');
      expect(await materialOf(second)).to.deep.equal({ ...plain, ca: undefined, insecureSkipVerify: true });
      const named = await loadConnection({ kubeconfig: await write({}, { 'tls-server-name': 'api' }), clock });
      expect(await materialOf(named)).to.deep.equal({ ...plain, servername: 'api' });
    });

    it('asks a credential command, keeps what it said for a minute, and asks again after a 401', async () => {
      const command = join(folder, 'login');
      const credential = `{"kind":"ExecCredential","status":{"token":"token-%s"}}`;
      await writeFile(
        command,
        `#!/bin/sh\necho x >> ${folder}/calls\nprintf '${credential}' $(wc -l < ${folder}/calls)\n`,
      );
      await chmod(command, 0o755);
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
      const connection = await loadConnection({ kubeconfig: await write({ exec }), clock });
      const token = () => connection.tokenSource?.token();
      expect([await token(), await token()]).to.deep.equal(['token-1', 'token-1']);
      await clock.advance(60_000);
      expect(await token()).to.equal('token-2');
      connection.tokenSource?.invalidate?.();
      expect(await token()).to.equal('token-3');
    });

    it('says what is missing', async () => {
      const kubeconfig = await write({});
      expect(await failed(loadConnection({ kubeconfig, context: 'third', clock }))).to.equal(
        'no context "third" in the kubeconfig; there are: first, second, broken',
      );
      expect(await failed(loadConnection({ kubeconfig, context: 'broken', clock }))).to.match(
        /"broken" names no cluster/,
      );
      expect(await failed(loadConnection({ kubeconfig: join(folder, 'none'), clock }))).to.match(/ENOENT/);
      const proxied = await write({}, { 'proxy-url': 'http://proxy' });
      expect(await failed(loadConnection({ kubeconfig: proxied, clock }))).to.match(/proxy-url is not supported/);
    });

    it('goes before the pod’s own account where one is named', async () => {
      const kubeconfig = await write({});
      const connection = await loadConnection({ kubeconfig, clock, process: { env: inPod, root: folder } });
      expect(connection.server).to.equal('https://one:6443');
    });
  });
});
