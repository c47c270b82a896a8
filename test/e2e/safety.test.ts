import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../localkube/index.js';
import { kubectl } from '../support/place.js';
import { eventually } from '../support/poll.js';
import { startWriter } from '../support/writer.js';
import { collectOnFailure, operatorCluster, setUpMs, Subject } from './support/operator.js';

const minute = 60_000;

const empty = (folder: string): void => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
};

/** With owners and modes: etcd runs as a user of its own. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

describe('disks that are not what they were', () => {
  let place: Cluster;
  const subjects: Subject[] = [];

  before(async function () {
    this.timeout(setUpMs);
    place = await operatorCluster();
  });
  collectOnFailure(() => subjects.map(({ namespace }) => namespace));

  function subject(namespace: string): Subject {
    const made = new Subject(place, namespace);
    subjects.push(made);
    return made;
  }

  const forceDelete = (of: Subject, pod: string): Promise<string> =>
    kubectl(place, ['delete', 'pod', pod, '-n', of.namespace, '--grace-period=0', '--force']);

  it('a member emptied within seconds of its first start does not start again, and it is said', async function () {
    this.timeout(5 * minute);
    const cluster = subject('emptied');
    await cluster.begin();
    await cluster.apply({ size: 3 });
    const began = await cluster.until(
      'the cluster ID is latched',
      2 * minute,
      ({ status }) => status?.clusterID !== undefined,
    );
    const disk = await cluster.disk(1);
    empty(disk);
    await forceDelete(cluster, 'orders-1');
    const said = await cluster.says('Stalled', 'True', 'SealedRefusal', 2 * minute);
    expect(said.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).to.contain('orders-1');
    expect(said.status?.clusterID).to.equal(began.status?.clusterID);
    expect(said.status?.quorum).to.include({ voters: 3, healthy: 2 });
    expect(await cluster.events()).to.include('SealedRefusal');
    // Nothing destructive was done about it: the claim is still there, and so are the three members.
    expect(await cluster.count('pvc')).to.equal(3);
    expect(said.status?.members?.map(({ name }) => name)).to.deep.equal(['orders-0', 'orders-1', 'orders-2']);
    await cluster.end();
  });

  it('swapped disks start nobody; put back, every key is there', async function () {
    this.timeout(6 * minute);
    const cluster = subject('swapped');
    await cluster.begin();
    await cluster.apply({ size: 3 });
    await cluster.settled();
    const writer = await startWriter({ cluster: place, namespace: cluster.namespace, name: cluster.name });
    await eventually('some keys', minute, async () => {
      const { acknowledged } = await writer.report();
      return acknowledged > 100 ? { done: true, value: undefined } : { done: false, seen: acknowledged };
    });
    await writer.stop();
    await cluster.resize(0);
    await cluster.settled();
    const [one, two] = [await cluster.disk(1), await cluster.disk(2)];
    swap(one, two);
    await cluster.resize(3);
    await cluster.says('Stalled', 'True', 'SealedRefusal', 2 * minute);
    await cluster.says('QuorumLost', 'True', 'QuorumLost', 2 * minute);
    expect(await cluster.count('pvc')).to.equal(3);
    swap(one, two);
    for (const pod of ['orders-1', 'orders-2']) await forceDelete(cluster, pod);
    await cluster.settled();
    await writer.verify();
    await cluster.end();
  });

  it('a cluster created again over kept volumes is FormerVolumesFound, and nothing is lost', async function () {
    this.timeout(5 * minute);
    const cluster = subject('former');
    await cluster.begin();
    await cluster.apply({ size: 1 });
    await cluster.settled();
    const disk = await cluster.disk(0);
    const kept = join(mkdtempSync(join(tmpdir(), 'quorate-kept-')), 'disk');
    await kubectl(place, ['delete', 'etcdcluster', cluster.name, '-n', cluster.namespace]);
    await eventually('the pod is gone', minute, async () => {
      const pods = await cluster.count('pods');
      return pods === 0 ? { done: true, value: undefined } : { done: false, seen: pods };
    });
    copy(disk, kept);
    await cluster.apply({ size: 3 });
    const said = await cluster.says('Stalled', 'True', 'FormerVolumesFound');
    expect(said.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).to.contain('data-orders-0');
    expect(await cluster.count('pods')).to.equal(0);
    expect(await cluster.count('statefulsets')).to.equal(0);
    expect(readdirSync(disk)).to.deep.equal(readdirSync(kept));
    await kubectl(place, ['delete', 'pvc', 'data-orders-0', '-n', cluster.namespace]);
    await cluster.settled();
    // And a disk of that former cluster, slipped under a member of this one, starts nothing either.
    const now = await cluster.disk(2);
    empty(now);
    copy(kept, now);
    await forceDelete(cluster, 'orders-2');
    await cluster.says('Stalled', 'True', 'SealedRefusal', 2 * minute);
    await cluster.end();
  });
});

function swap(a: string, b: string): void {
  const aside = join(mkdtempSync(join(tmpdir(), 'quorate-swap-')), 'disk');
  const move = (from: string, to: string): void => {
    copy(from, to);
    empty(from);
  };
  move(a, aside);
  move(b, a);
  move(aside, b);
}
