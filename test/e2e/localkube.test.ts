// localkube itself, on this machine: that what it starts is whole, that what it takes down is gone, whatever came between.
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { traces as instances } from '../localkube/down.js';
import { run as runHere, type Output } from '../localkube/exec.js';
import { binary, down, etcdVersions, open, run, runWithDns, up, type Cluster } from '../localkube/index.js';
import { imageArchive } from '../localkube/image.js';
import { dataDir, stateDir } from '../localkube/paths.js';
import { logsDir } from '../localkube/processes.js';
import { eventually } from '../support/poll.js';
import { collectFiles } from './support/collect.js';
import { leftNothing, lines, orNothing, traces } from './support/traces.js';

const name = 'lktest';
const others = ['lktest-a', 'lktest-b'];
const version = etcdVersions.find((each) => each.group === 'etcd-3.6')?.version ?? '';
const main = join(import.meta.dirname, '..', 'localkube', 'main.ts');

async function kubectl(cluster: Cluster, args: readonly string[], stdin?: unknown): Promise<string> {
  const input = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) };
  const result = await cluster.kubectl(args, { ...input, timeoutMs: 30_000 });
  if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}`);
  return result.stdout.trim();
}

async function nodeIs(cluster: Cluster, wanted: string, deadlineMs: number): Promise<void> {
  const path = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
  await eventually(`node1 to be Ready=${wanted}`, deadlineMs, async () => {
    const seen = await kubectl(cluster, ['get', 'node', 'node1', '-o', path]);
    return seen === wanted ? { done: true, value: undefined } : { done: false, seen };
  });
}

/** A member of one, with its data on a claim, as a pod that is not root: the volume has to honour fsGroup. */
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'store', labels: { app: 'store' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, runAsNonRoot: true },
    containers: [
      {
        name: 'etcd',
        image: `quay.io/coreos/etcd:v${version}`,
        command: [
          'etcd',
          '--data-dir=/data/etcd',
          '--listen-client-urls=http://0.0.0.0:2379',
          '--advertise-client-urls=http://store:2379',
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 2379 }, periodSeconds: 1 },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  },
};
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'store' },
  spec: { selector: { app: 'store' }, ports: [{ port: 2379 }] },
};

async function runPod(cluster: Cluster): Promise<void> {
  await kubectl(cluster, ['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: [claim, service, pod] });
  await kubectl(cluster, ['wait', '--for=condition=Ready', 'pod/store', '--timeout=25s']);
}

function cli(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: 'ignore' });
  return { child, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

/** The same to its end, with what it said. */
const command = (...args: readonly string[]): Promise<Output> =>
  runHere([process.execPath, '--import', 'tsx', main, ...args], { timeoutMs: 60_000 });

const daemonStarted = (of: string, component: string): Promise<void> =>
  eventually(
    `${component} to start`,
    60_000,
    async () => {
      const started = existsSync(join(stateDir(of), 'processes', `${component}.json`));
      return started ? { done: true, value: undefined } : { done: false, seen: 'not yet' };
    },
    5,
  );

describe('localkube', function () {
  this.timeout(120_000);
  let bare = traces(name);

  before('start from nothing', async () => {
    await down(name);
    bare = traces(name);
  });

  after('leave nothing', async () => {
    for (const each of [name, ...others]) await down(each);
  });

  afterEach('keep the logs', async function () {
    if (this.currentTest?.state !== 'failed') return;
    const folders = [name, ...others].map((each) => ({ each, logs: logsDir(each) }));
    for (const { each, logs } of folders.filter(({ logs }) => existsSync(logs))) {
      console.log(`      logs are in ${await collectFiles(`${each} ${this.currentTest.fullTitle()}`, [logs])}`);
    }
  });

  describe('one node', () => {
    let cluster: Cluster;

    before(async function () {
      // An empty cache is filled first: that takes as long as it takes.
      this.timeout(30 * 60_000);
      cluster = await up({ name, nodes: 1, certManager: false, log: console.log });
    });

    after(() => down(name));

    /** By the command line, which says what it did. */
    async function node(action: string): Promise<void> {
      const { code, stderr } = await command('node', action, '1', '--name', name);
      expect(code, stderr).to.equal(0);
      expect(stderr).to.match(new RegExp(`^node 1 of ${name}: ${action} done \\(\\d+\\.\\d s\\)\\n$`));
    }

    it('is there for whoever asks by name, and is not made twice', async () => {
      expect((await open(name)).server).to.equal(cluster.server);
      const said: string[] = [];
      await up({ name, nodes: 1, certManager: false, log: (line) => said.push(line) });
      expect(said).to.deep.equal([`${name} is up already`]);
      const other = await up({ name, nodes: 2, certManager: false }).catch((error: unknown) => String(error));
      expect(other).to.equal(
        `Error: ${name} is up with 1 node, cert-manager off: run down first, or choose another --name`,
      );
    });

    it('runs a pod that is not root on a volume of its node', async () => {
      await runPod(cluster);
      const volume = await kubectl(cluster, ['get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}']);
      const path = await kubectl(cluster, ['get', 'pv', volume, '-o', 'jsonpath={.spec.local.path}']);
      expect(path).to.equal(join(dataDir(name), 'node1', 'volumes', volume));
      expect(readdirSync(join(path, 'etcd'))).to.deep.equal(['member']);
    });

    it('resolves names and balances Services, from the node and from the control plane', async () => {
      const etcdctl = await binary('etcd-3.6', 'etcdctl');
      for (const netns of [cluster.netns, ...cluster.nodeNetns]) {
        const argv = [etcdctl, '--endpoints=http://store.default.svc.cluster.local:2379', 'put', 'key', netns];
        expect(await runWithDns(netns, argv, { timeoutMs: 10_000 })).to.deep.include({ code: 0, stdout: 'OK\n' });
      }
    });

    it('gives exec and logs', async () => {
      expect(await kubectl(cluster, ['exec', 'store', '--', 'etcdctl', 'get', 'key'])).to.equal(
        `key\nlk-${name}-node1`,
      );
      expect(await kubectl(cluster, ['logs', 'store'])).to.include('ready to serve client requests');
    });

    it('lets the control plane reach a server on the machine, as a webhook under development is', async () => {
      const server = createServer((_, response) => response.end('here'));
      server.listen(0, cluster.hostAddress);
      await once(server, 'listening');
      const { port } = server.address() as { readonly port: number };
      const script = `fetch('http://${cluster.hostAddress}:${port}').then((r) => r.text()).then(console.log)`;
      const answer = await run(cluster.netns, [process.execPath, '-e', script], { timeoutMs: 10_000 });
      server.close();
      expect(answer).to.deep.include({ code: 0, stdout: 'here\n' });
    });

    it('lets nothing inside reach the machine’s own network', async () => {
      const script = "require('net').connect(53, '192.0.2.53').on('error', (error) => console.log(error.code))";
      const answer = await run(cluster.nodeNetns[0] ?? '', [process.execPath, '-e', script], { timeoutMs: 10_000 });
      expect(['ENETUNREACH\n', 'EHOSTUNREACH\n']).to.include(answer.stdout);
    });

    it('writes what was done, and by whom, to the audit log', async () => {
      interface Event {
        readonly verb: string;
        readonly user: { readonly username: string };
        readonly objectRef?: { readonly resource: string; readonly name?: string };
      }
      // The last line may be half written.
      const whole = lines(cluster.auditLog).slice(0, -1);
      const events = whole.filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
      const pods = events.filter((event) => event.objectRef?.resource === 'pods' && event.objectRef.name === 'store');
      expect(pods[0]).to.deep.include({ verb: 'create' });
      expect(pods[0]?.user.username).to.equal('admin');
      expect(events.filter((event) => ['get', 'list', 'watch'].includes(event.verb))).to.deep.equal([]);
    });

    it('says on the command line what runs, and hands kubectl its words and its exit code', async () => {
      const { code, stdout } = await command('status', '--name', name);
      const [first, ...rest] = stdout.trimEnd().split('\n');
      expect([code, first]).to.deep.equal([0, `${name}: up, 1 nodes, cert-manager off`]);
      const isHealthy = (line: string): boolean => /^ {2}\S+ +(pid \d+|Ready=True)$/.test(line);
      expect(rest.filter((line) => !isHealthy(line))).to.deep.equal([]);
      expect(rest.map((line) => line.trim().split(' ')[0])).to.include.members([
        ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'coredns'],
        ...['node1-containerd', 'node1-kubelet', 'node1'],
      ]);
      const nodes = await command('kubectl', '--name', name, 'get', 'nodes', '-o', 'name');
      expect(nodes).to.deep.equal({ code: 0, stdout: 'node/node1\n', stderr: '' });
      expect((await command('kubectl', '--name', name, 'get', 'node', 'node2')).code).to.equal(1);
      const environment = await command('env', '--name', name);
      expect(environment).to.deep.equal({ code: 0, stdout: `export KUBECONFIG=${cluster.kubeconfig}\n`, stderr: '' });
    });

    it('loads an image archive into its node, for pods to run', async () => {
      const image = 'example.com/loaded:1';
      const pause = await binary('pause', 'pause');
      const files = [{ path: 'usr/local/bin/pause', body: readFileSync(pause) }];
      const archive = join(mkdtempSync(join(tmpdir(), 'localkube-e2e-')), 'image.tar');
      writeFileSync(archive, imageArchive({ name: image, files, command: ['/usr/local/bin/pause'] }));
      expect(await command('load', archive, '--name', name)).to.deep.include({ code: 0 });
      rmSync(dirname(archive), { recursive: true });
      await kubectl(cluster, ['run', 'loaded', `--image=${image}`, '--image-pull-policy=Never']);
      await kubectl(cluster, ['wait', '--for=condition=Ready', 'pod/loaded', '--timeout=25s']);
    });

    it('keeps a pod’s process when its node is stopped, and takes it up again on start', async () => {
      const member = (): readonly string[] =>
        readdirSync('/proc').filter((pid) => {
          const [command, group] = ['cmdline', 'cgroup'].map((file) =>
            orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), ''),
          );
          return command?.startsWith('etcd\0--data-dir=/data/etcd') && group?.includes(`/lk-${name}/node1/`);
        });
      const pids = member();
      await node('stop');
      expect(cluster.component('node1-kubelet').alive).to.equal(false);
      expect(member()).to.deep.equal(pids);
      await node('start');
      await nodeIs(cluster, 'True', 20_000);
      expect(
        await kubectl(cluster, ['get', 'pod', 'store', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}']),
      ).to.equal('0');
    });

    it('goes on after its API server was killed and started again', async function () {
      // Whoever watches comes back with growing pauses, up to half a minute.
      this.timeout(240_000);
      await cluster.component('kube-apiserver').stop();
      cluster.component('kube-apiserver').start();
      await eventually('the API server to be ready', 30_000, async () => {
        return { done: true, value: await kubectl(cluster, ['get', '--raw', '/readyz']) };
      });
      const volume = await kubectl(cluster, ['get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}']);
      await kubectl(cluster, ['delete', 'pod/store', 'pvc/data', 'service/store', '--wait=false']);
      await eventually('the pod and its claim to go', 90_000, async () => {
        const seen = await kubectl(cluster, ['get', 'pod/store', 'pvc/data', '--ignore-not-found', '-o', 'name']);
        return seen === '' ? { done: true, value: undefined } : { done: false, seen };
      });
      await eventually('the volume and its folder to go', 30_000, async () => {
        const folder = existsSync(join(dataDir(name), 'node1', 'volumes', volume));
        const volumes = await kubectl(cluster, ['get', 'pv', '-o', 'name']);
        return folder || volumes !== '' ? { done: false, seen: { folder, volumes } } : { done: true, value: undefined };
      });
      await runPod(cluster);
    });

    it('shows the API that a cut node is lost, and that it is back when healed', async function () {
      this.timeout(180_000);
      await node('cut');
      await nodeIs(cluster, 'Unknown', 75_000);
      await node('heal');
      // The kubelet's own pauses between tries have grown to half a minute meanwhile, and it reports every ten seconds.
      await nodeIs(cluster, 'True', 60_000);
    });

    it('goes without a trace, its pod too', async () => {
      expect(traces(name)['processes']).to.not.deep.equal([]);
      await cluster.down();
      await leftNothing(name, bare);
    });
  });

  describe('a process that is killed', () => {
    it('in the middle of up leaves what the next up removes before it makes its own', async () => {
      const first = cli('up', '--name', name, '--nodes', '1', '--no-cert-manager');
      await daemonStarted(name, 'node1-containerd');
      first.child.kill('SIGKILL');
      await first.ended;
      const said: string[] = [];
      const cluster = await up({ name, nodes: 1, certManager: false, log: (line) => said.push(line) });
      expect(said[0]).to.equal(`${name} was left half up: removing what there is`);
      await nodeIs(cluster, 'True', 10_000);
    });

    it('in the middle of down leaves what the next down removes', async () => {
      const first = cli('down', '--name', name);
      await eventually(
        'the API server to be gone',
        30_000,
        async () => {
          const gone = !(await open(name)).component('kube-apiserver').alive;
          return gone ? { done: true, value: undefined } : { done: false, seen: 'alive' };
        },
        1,
      );
      first.child.kill('SIGKILL');
      await first.ended;
      await down(name);
      await leftNothing(name, bare);
    });

    it('by Ctrl-C in the middle of up takes down what it has made', async () => {
      const first = cli('up', '--name', name, '--control-plane-only');
      await daemonStarted(name, 'kube-apiserver');
      first.child.kill('SIGINT');
      expect(await first.ended).to.equal(130);
      await leftNothing(name, bare);
    });
  });

  describe('two control planes side by side', () => {
    it('know nothing of each other, and one outlives the other', async () => {
      const [a, b] = await Promise.all(others.map((each) => up({ name: each, controlPlaneOnly: true })));
      if (a === undefined || b === undefined) throw new Error('two were asked for');
      expect(a.server).to.not.equal(b.server);
      await kubectl(a, ['create', 'configmap', 'only-a']);
      const missing = await b.kubectl(['get', 'configmap', 'only-a']);
      expect(missing.stderr).to.include('configmaps "only-a" not found');
      await a.down();
      expect(await kubectl(b, ['get', '--raw', '/readyz'])).to.equal('ok');
      expect(await kubectl(b, ['get', 'nodes', '-o', 'name'])).to.equal('');
      await b.down();
      await leftNothing('lktest-[ab]', bare);
    });
  });

  it('tells by its exit code how it went', async () => {
    expect(await cli('status', '--name', name).ended).to.equal(1);
    expect(await cli('kubectl', '--name', name, 'get', 'nodes').ended).to.equal(1);
    expect(await cli('up', '--nodes', '0').ended).to.equal(2);
    expect(await cli('help').ended).to.equal(0);
  });

  describe('clean', () => {
    it('takes away what runs and what a crash left', async () => {
      const [whole = '', half = ''] = others;
      expect(await command('up', '--name', whole, '--control-plane-only')).to.deep.include({ code: 0 });
      const crashing = cli('up', '--name', half, '--control-plane-only');
      await daemonStarted(half, 'etcd');
      crashing.child.kill('SIGKILL');
      await crashing.ended;
      expect(instances()).to.include.members(others);
      // Whatever else runs on this machine is its owner's: then these two are named.
      const isAlone = instances().every((each) => others.includes(each));
      const { code, stderr } = await command('clean', ...(isAlone ? [] : others));
      expect([code, stderr]).to.deep.equal([0, `${whole} is gone\n${half} is gone\n`]);
      expect(instances()).to.not.include.members(others);
      await leftNothing('lktest-[ab]', bare);
    });
  });
});
