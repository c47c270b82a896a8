import { expect } from 'chai';
import { etcdVersions, type Cluster } from '../localkube/index.js';
import { kubectl } from '../support/place.js';
import { pause } from '../support/poll.js';
import { startWriter, type Writer } from '../support/writer.js';
import { collectOnFailure, operatorCluster, setUpMs, Subject } from './support/operator.js';
import { followPhases } from './support/phases.js';

const minute = 60_000;
/** At 20 ms a key: more than 500 keys in each step. */
const stepMs = 16_000;
/**
 * Where a Service has just got its first endpoint, kube-proxy takes up to a second (its minSyncPeriod) and the time for its rules: on a
 * slow machine, too, that is to be well below a tenth of the step.
 */
const freshStepMs = 30_000;
const newest = (group: string): string => etcdVersions.find((each) => each.group === group)?.version ?? '';

describe('the main job: 1 → 3 → 1 → 0 → 1 under a writer', () => {
  let place: Cluster;
  const subjects: Subject[] = [];

  before(async function () {
    this.timeout(setUpMs);
    place = await operatorCluster();
  });
  collectOnFailure(() => subjects.map(({ namespace }) => namespace));

  for (const version of [newest('etcd-3.6'), newest('etcd-3.5.21')]) {
    it(`loses no acknowledged key on etcd ${version}`, async function () {
      this.timeout(6 * minute);
      const subject = new Subject(place, `cycle-${version.replaceAll('.', '-')}`);
      subjects.push(subject);
      await subject.begin();
      await subject.apply({
        size: 1,
        version,
        storage: { size: '1Gi', retentionPolicy: { whenStopped: 'RetainOne' } },
      });
      const first = await subject.settled();
      const phases = followPhases(place, subject.namespace);
      const writer = await startWriter({ cluster: place, namespace: subject.namespace, name: subject.name });
      try {
        await cycle(subject, writer);
        await writer.stop();
        const { acknowledged } = await writer.verify();
        console.log(`      ${acknowledged} acknowledged keys read back\n${await writer.table()}`);
      } finally {
        await writer.stop();
        await phases.stop();
      }
      // The last member's way out may take a moment, or none that a status would be written in.
      const told = (await phases.stop()).filter((phase) => phase !== 'Stopping');
      expect(told).to.deep.equal([
        ...['Running', 'Scaling', 'Running', 'Scaling', 'Running'],
        ...['Stopped', 'Creating', 'Running'],
      ]);
      for (const { label, acknowledged, percent } of await writer.phases()) {
        if (label === 'stopped') continue;
        expect(acknowledged, `keys acknowledged in step ${label}`).to.be.at.least(500);
        expect(percent, `percent acknowledged in step ${label}`).to.be.at.least(90);
      }
      const last = await subject.get();
      expect(last?.status?.clusterID).to.equal(first.status?.clusterID);
      expect(await subject.count('pvc')).to.equal(1);
      await subject.end();
    });
  }

  async function cycle(subject: Subject, writer: Writer): Promise<void> {
    writer.mark('1');
    await pause(freshStepMs);
    writer.mark('1→3');
    // Past the webhook, as an autoscaler would: the rules hold there too.
    const scale = (replicas: number): Promise<{ code: number; stderr: string }> =>
      place.kubectl(['scale', 'etcdcluster', subject.name, '-n', subject.namespace, `--replicas=${replicas}`]);
    const refused = await scale(2);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain('size-odd');
    expect((await scale(3)).code).to.equal(0);
    await subject.settled();
    await threeZones(subject);
    await pause(stepMs);
    const { hashes } = await writer.verify();
    expect(hashes, 'members whose HashKV was compared').to.have.length(3);
    writer.mark('3→1');
    await subject.resize(1);
    await subject.settled();
    await pause(stepMs);
    writer.mark('stopped');
    await subject.resize(0);
    const { status } = await subject.settled();
    expect(status?.phase).to.equal('Stopped');
    expect(await subject.count('pods')).to.equal(0);
    expect(await subject.count('pvc')).to.equal(1);
    await subject.resize(1);
    await subject.settled();
    writer.mark('woken');
    await pause(freshStepMs);
  }

  async function threeZones(subject: Subject): Promise<void> {
    const nodes = await Promise.all(
      (await subject.pods()).map(({ spec }) => kubectl(place, ['get', 'node', spec.nodeName ?? '', '-o', 'json'])),
    );
    const zones = nodes.map(
      (text) =>
        (JSON.parse(text) as { metadata: { labels: Record<string, string> } }).metadata.labels[
          'topology.kubernetes.io/zone'
        ],
    );
    expect(new Set(zones).size, `zones ${zones.join(', ')}`).to.equal(3);
  }
});
