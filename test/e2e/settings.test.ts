import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { binary, type Cluster } from '../localkube/index.js';
import { imageArchive } from '../localkube/image.js';
import { getObject, kubectl } from '../support/place.js';
import { eventually } from '../support/poll.js';
import { startWriter } from '../support/writer.js';
import { collectOnFailure, operatorCluster, setUpMs, Subject } from './support/operator.js';

const minute = 60_000;
const debugImage = 'example.com/debug:1';

interface Pod {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations: Record<string, string> };
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly shareProcessNamespace?: boolean;
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly {
      readonly name: string;
      readonly resources: object;
      readonly readinessProbe?: { readonly httpGet?: { readonly path: string; readonly port: number } };
      readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
    }[];
  };
  readonly status: { readonly containerStatuses: readonly { readonly name: string; readonly ready: boolean }[] };
}

describe('a cluster that keeps no default: plain text, readyz, a pod template, a debug sidecar', () => {
  let place: Cluster;
  let subject: Subject;

  before(async function () {
    this.timeout(setUpMs);
    place = await operatorCluster();
    await loadDebugImage(place);
    subject = new Subject(place, 'settings');
    await subject.begin();
  });
  collectOnFailure(() => ['settings']);
  // Absent where the operator did not come up: that failure is the one to be told.
  after(() => (subject as Subject | undefined)?.end());

  /** All but readiness at once: Ready needs one pod whose readiness the kubelet has seen (docs/decisions/ready.md), and it sees the others' later. */
  async function podsLookAsAsked(count: number): Promise<void> {
    const pods = await subject.pods<Pod>();
    expect(pods.map(look)).to.deep.equal(Array.from({ length: count }, () => asAsked));
    expect(pods.map(ready)).to.deep.include(containers);
    await eventually(`${count} pods with every container ready`, 30_000, async () => {
      const seen = (await subject.pods<Pod>()).map(ready);
      const asked = Array.from({ length: count }, () => containers);
      return isDeepStrictEqual(seen, asked) ? { done: true, value: undefined } : { done: false, seen };
    });
  }

  it('runs under Pod Security restricted as its spec says', async function () {
    this.timeout(3 * minute);
    await subject.apply({
      size: 1,
      tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } },
      probes: { strategy: 'Readyz' },
      podTemplate: {
        metadata: { labels: { team: 'shop' }, annotations: { 'example.com/owner': 'shop' } },
        spec: {
          terminationGracePeriodSeconds: 7,
          containers: [{ name: 'etcd', resources: { requests: { cpu: '10m' }, limits: { memory: '1Gi' } } }],
        },
      },
      debug: { mode: 'Sidecar', image: debugImage },
    });
    const { status } = await subject.settled();
    expect(status?.endpoints).to.deep.equal(['http://orders-client.settings.svc.cluster.local:2379']);
    expect(status).to.not.have.any.keys('binding');
    expect(status?.certificates).to.deep.equal([]);
    expect(await subject.count('secrets')).to.equal(0);
    await podsLookAsAsked(1);
  });

  it('gives tools beside the member, that look at what it looks at', async function () {
    this.timeout(minute);
    const debug = ['exec', 'orders-0', '-n', subject.namespace, '-c', 'debug', '--'];
    await kubectl(place, [...debug, 'etcdctl', 'put', 'from', 'the sidecar']);
    const etcd = ['exec', 'orders-0', '-n', subject.namespace, '-c', 'etcd', '--'];
    expect(await kubectl(place, [...etcd, 'etcdctl', 'get', 'from'])).to.equal('from\nthe sidecar\n');
  });

  it('does not grow while it is paused, and does afterwards, under a writer', async function () {
    this.timeout(3 * minute);
    const { namespace, name } = subject;
    const writer = await startWriter({ cluster: place, namespace, name, tls: 'Disabled' });
    // Whoever has seen a generation has looked at its size, and a pass carries out at once what it finds to do.
    for (const size of [5, 3]) {
      await subject.patch({ spec: { paused: true, size } });
      const { status } = await subject.until(
        'the new generation is seen',
        minute,
        (now) => now.status?.observedGeneration === now.metadata.generation,
      );
      const said = (type: string): unknown => status?.conditions?.find((each) => each.type === type);
      expect(said('Paused')).to.include({ status: 'True', reason: 'Paused' });
      expect(said('Ready')).to.include({ status: 'False', reason: 'Paused' });
      expect([await replicas(), await subject.count('pods'), status?.quorum?.voters]).to.deep.equal([1, 1, 1]);
    }
    await subject.patch({ spec: { paused: false } });
    const { status } = await subject.settled();
    expect(status?.quorum).to.deep.equal({ voters: 3, healthy: 3, needed: 2, tolerates: 1 });
    await podsLookAsAsked(3);
    await eventually('keys through the Service', minute, async () => {
      const seen = (await writer.attempts()).at(-1);
      return seen?.outcome === 'ok' ? { done: true, value: undefined } : { done: false, seen };
    });
    await writer.stop();
    expect((await writer.verify()).hashes).to.have.length(3);
  });

  async function replicas(): Promise<number | undefined> {
    const { namespace, name } = subject;
    const found = await getObject<{ spec: { replicas: number } }>(place, 'statefulset', namespace, name);
    return found?.spec.replicas;
  }
});

/** What is to be seen of a pod of that spec. */
const asAsked = {
  team: 'shop',
  owner: 'shop',
  grace: 7,
  sharesProcesses: true,
  volumes: ['data', 'members'],
  readiness: { path: '/readyz', port: 2381, scheme: 'HTTP' },
  resources: { requests: { cpu: '10m', memory: '1Gi' }, limits: { memory: '1Gi' } },
  debugMounts: ['/etc/quorate read-only', '/var/lib/etcd read-only'],
};

const containers = ['debug', 'etcd'];

const ready = ({ status }: Pod): string[] =>
  status.containerStatuses
    .filter((each) => each.ready)
    .map(({ name }) => name)
    .sort();

function look({ metadata, spec }: Pod): typeof asAsked {
  const [etcd, debug] = ['etcd', 'debug'].map((name) => spec.containers.find((each) => each.name === name));
  return {
    team: metadata.labels['team'] ?? '',
    owner: metadata.annotations['example.com/owner'] ?? '',
    grace: spec.terminationGracePeriodSeconds,
    sharesProcesses: spec.shareProcessNamespace === true,
    volumes: spec.volumes.map(({ name }) => name).sort(),
    readiness: etcd?.readinessProbe?.httpGet as typeof asAsked.readiness,
    resources: etcd?.resources as typeof asAsked.resources,
    debugMounts: (debug?.volumeMounts ?? [])
      .map(({ mountPath, readOnly }) => `${mountPath} ${readOnly === true ? 'read-only' : 'writable'}`)
      .sort(),
  };
}

/** An image of tools as small as can be: a `sleep` that sleeps, and etcdctl. */
async function loadDebugImage(place: Cluster): Promise<void> {
  const [sleep, etcdctl] = await Promise.all([binary('pause', 'pause'), binary('etcd-3.6', 'etcdctl')]);
  const files = [
    { path: 'usr/local/bin/sleep', body: readFileSync(sleep) },
    { path: 'usr/local/bin/etcdctl', body: readFileSync(etcdctl) },
  ];
  const folder = mkdtempSync(join(tmpdir(), 'quorate-debug-'));
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, imageArchive({ name: debugImage, files, command: ['/usr/local/bin/sleep'] }));
  await place.load(archive);
  rmSync(folder, { recursive: true });
}
