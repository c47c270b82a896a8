import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { down, run, up, type Cluster } from '../localkube/index.js';
import { kubectl, listObjects } from '../support/place.js';
import { plainEtcd } from '../support/plain-etcd.js';
import { startPodRunner, type PodName, type PodRunner } from '../support/pod-runner.js';
import { eventually } from '../support/poll.js';
import { startWriter } from '../support/writer.js';

const namespace = 'plain';
const name = 'plain';
const member = (ordinal: number): PodName => ({ namespace, name: `${name}-${ordinal}` });

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly reason: string } };
      readonly lastState?: { readonly terminated?: { readonly message?: string; readonly exitCode: number } };
    }[];
  };
}

// One story, told in order: each step begins where the one before it ended.
describe('pod runner', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let runner: PodRunner;

  before(async function () {
    // On a bare machine packages are installed first.
    this.timeout(600_000);
    cluster = await up({ name: 'pod-runner', controlPlaneOnly: true, fresh: true });
    runner = await startPodRunner(cluster, { services: true });
    await kubectl(cluster, ['create', 'namespace', namespace]);
    const items = plainEtcd({ namespace, name, size: 3, version: '3.6.16' });
    await kubectl(cluster, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  });
  after(async () => {
    await runner?.stop();
    await down('pod-runner');
  });

  const pods = (): Promise<Pod[]> => listObjects<Pod>(cluster, 'pods', namespace);
  const isReady = (pod: Pod): boolean =>
    pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  const ready = (count: number): Promise<Pod[]> =>
    eventually(`${count} ready pods`, 30_000, async () => {
      const all = await pods();
      const isDone = all.length === count && all.every(isReady);
      return isDone
        ? { done: true, value: all }
        : { done: false, seen: all.map(({ metadata, status }) => ({ name: metadata.name, status })) };
    });
  const etcdctl = async (ordinal: number, ...args: string[]): Promise<string> => {
    const ip = (await runner.pods(namespace)).find((pod) => pod.name === member(ordinal).name)?.ip ?? 'none';
    const bin = await import('../localkube/index.js').then(({ binary }) => binary('etcd-3.6', 'etcdctl'));
    const { code, stdout, stderr } = await run(cluster.netns, [bin, '--endpoints', `http://${ip}:2379`, ...args]);
    if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  const scale = (replicas: number): Promise<string> =>
    kubectl(cluster, ['scale', 'statefulset', name, '-n', namespace, `--replicas=${replicas}`]);

  it('brings a StatefulSet of three up, a member a zone', async () => {
    const all = await ready(3);
    expect(all.map(({ spec }) => spec.nodeName).sort()).to.deep.equal(['runner1', 'runner2', 'runner3']);
  });

  it('serves a linearizable put and read through different members', async () => {
    expect(await etcdctl(0, 'put', 'key', 'value')).to.equal('OK');
    expect(await etcdctl(2, 'get', 'key', '--print-value-only', '--consistency=l')).to.equal('value');
  });

  it('lets a writer through the client Service', async () => {
    const writer = await startWriter({ cluster, namespace, name, tls: 'Disabled' });
    await eventually('200 acknowledged puts', 20_000, async () => {
      const { acknowledged } = await writer.report();
      return acknowledged >= 200 ? { done: true, value: acknowledged } : { done: false, seen: acknowledged };
    });
    await writer.stop();
    const { hashes, acknowledged } = await writer.verify();
    expect(acknowledged).to.be.at.least(200);
    expect(hashes).to.have.length(3);
  });

  it('restarts a killed container in its pod, with its data', async () => {
    const before = await pods();
    await runner.kill(member(1));
    await eventually('restart of plain-1', 20_000, async () => {
      const pod = (await pods()).find(({ metadata }) => metadata.name === member(1).name);
      const isBack = pod !== undefined && isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1;
      return isBack ? { done: true, value: undefined } : { done: false, seen: pod?.status };
    });
    expect((await pods()).map(({ metadata }) => metadata.uid)).to.deep.equal(
      before.map(({ metadata }) => metadata.uid),
    );
    expect(await etcdctl(1, 'get', 'key', '--print-value-only')).to.equal('value');
  });

  it('ends a deleted pod and starts its successor on the same disk, with another address', async () => {
    const before = (await runner.pods(namespace)).find((pod) => pod.name === member(0).name);
    await kubectl(cluster, ['delete', 'pod', member(0).name, '-n', namespace]);
    await ready(3);
    const after = (await runner.pods(namespace)).find((pod) => pod.name === member(0).name);
    expect(after?.uid).not.to.equal(before?.uid);
    expect(after?.ip).not.to.equal(before?.ip);
    expect(await etcdctl(0, 'get', 'key', '--print-value-only')).to.equal('value');
  });

  it('shows a changed ConfigMap when the pod is annotated', async () => {
    const patch = JSON.stringify({ data: { note: 'new' } });
    await kubectl(cluster, ['patch', 'configmap', 'plain-members', '-n', namespace, '--type=merge', '-p', patch]);
    await kubectl(cluster, ['annotate', 'pod', member(2).name, '-n', namespace, 'quorate.dev/files=2']);
    const uid = (await pods()).find(({ metadata }) => metadata.name === member(2).name)?.metadata.uid ?? '';
    const file = join(runner.logs, '../pods', uid, 'root/etc/quorate/note');
    const seen = await eventually('the new file', 5000, async () =>
      existsSync(file) ? { done: true, value: readFileSync(file, 'utf8') } : { done: false, seen: 'no file' },
    );
    expect(seen).to.equal('new');
  });

  it('tells the end of the log of a container that fails, and restarts it later and later', async () => {
    const uid = (await pods()).find(({ metadata }) => metadata.name === member(2).name)?.metadata.uid ?? '';
    const file = join(runner.logs, '../pods', uid, `root/etc/quorate/${name}-2.yaml`);
    await runner.offline(member(2), async () => {
      const broken = { name: 'other', 'data-dir': '/var/lib/etcd/other', 'initial-cluster': 'x=http://x:2380' };
      const patch = JSON.stringify({ data: { [`${name}-2.yaml`]: JSON.stringify(broken) } });
      await kubectl(cluster, ['patch', 'configmap', 'plain-members', '-n', namespace, '--type=merge', '-p', patch]);
      await kubectl(cluster, [
        'annotate',
        'pod',
        member(2).name,
        '-n',
        namespace,
        'quorate.dev/files=3',
        '--overwrite',
      ]);
      await eventually('the broken file', 5000, async () => {
        const text = readFileSync(file, 'utf8');
        return text.includes('other') ? { done: true, value: undefined } : { done: false, seen: text };
      });
    });
    const status = await eventually('CrashLoopBackOff', 20_000, async () => {
      const pod = (await pods()).find(({ metadata }) => metadata.name === member(2).name);
      const state = pod?.status.containerStatuses?.[0];
      return state?.state.waiting?.reason === 'CrashLoopBackOff'
        ? { done: true, value: state }
        : { done: false, seen: state };
    });
    expect(status.lastState?.terminated?.exitCode).to.equal(1);
    expect(status.lastState?.terminated?.message).to.contain("couldn't find local name");
  });

  it('lets a mended pod come back', async () => {
    const items = plainEtcd({ namespace, name, size: 3, version: '3.6.16' });
    await kubectl(cluster, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await kubectl(cluster, ['delete', 'pod', member(2).name, '-n', namespace]);
    await ready(3);
  });

  it('stops at size 0 and wakes with everything', async () => {
    await scale(0);
    await eventually('no pods', 20_000, async () => {
      const all = await pods();
      return all.length === 0
        ? { done: true, value: undefined }
        : { done: false, seen: all.map(({ metadata }) => metadata) };
    });
    await scale(3);
    await ready(3);
    expect(await etcdctl(0, 'get', 'key', '--print-value-only', '--consistency=l')).to.equal('value');
  });

  it('swaps disks, after which both members are refused as one another', async () => {
    const both = [member(0), member(1)] as const;
    const before = await Promise.all(both.map(async (pod) => (await runner.log(pod)).length));
    await runner.swapDisks(...both);
    await eventually('both to complain', 20_000, async () => {
      const texts = await Promise.all(both.map(async (pod, n) => (await runner.log(pod)).slice(before[n])));
      const isTold = texts.every((text) => text.includes('ID mismatch'));
      return isTold ? { done: true, value: undefined } : { done: false, seen: texts.map((text) => text.slice(-2000)) };
    });
    await runner.swapDisks(...both);
    await eventually('agreement again', 60_000, async () => ({
      done: true,
      value: await etcdctl(0, 'get', 'key', '--consistency=l'),
    }));
  });

  it('deletes the folder with its claim', async () => {
    const disk = await runner.disk(member(2));
    expect(readdirSync(disk)).to.include('data');
    await scale(0);
    await kubectl(cluster, ['delete', 'persistentvolumeclaim', 'data-plain-2', '-n', namespace]);
    await eventually('no folder', 10_000, async () =>
      existsSync(disk) ? { done: false, seen: disk } : { done: true, value: undefined },
    );
  });

  it('says of an image that it does not have that it cannot be pulled', async () => {
    const container = { name: 'etcd', image: 'quay.io/coreos/etcd:v0.0.1' };
    const metadata = { name: 'unknown', namespace, labels: { 'quorate.dev/cluster': 'unknown' } };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } };
    await kubectl(cluster, ['apply', '-f', '-'], JSON.stringify(pod));
    await eventually('ErrImagePull', 10_000, async () => {
      const state = (await pods()).find(({ metadata: { name: of } }) => of === 'unknown')?.status.containerStatuses?.[0]
        ?.state;
      return state?.waiting?.reason === 'ErrImagePull'
        ? { done: true, value: undefined }
        : { done: false, seen: state };
    });
    await kubectl(cluster, ['delete', 'pod', 'unknown', '-n', namespace, '--timeout=10s']);
  });

  it('leaves no process, link or folder behind', async () => {
    await runner.stop();
    const { stdout: links } = await run(cluster.netns, ['ip', '-brief', 'link']);
    expect(links).not.to.match(/pod\d/);
    expect(existsSync(runner.logs)).to.equal(false);
    expect(await kubectl(cluster, ['get', 'nodes', '-o', 'name'])).to.equal('');
  });
});
