import { expect } from 'chai';
import { etcdVersions, type Cluster } from '../../localkube/index.js';
import { pause } from '../../support/poll.js';
import { startWriter } from '../../support/writer.js';
import { collectOnFailure, operatorCluster, setUpMs, Subject } from '../support/operator.js';

const minute = 60_000;

describe('every size', () => {
  let place: Cluster;

  before(async function () {
    this.timeout(setUpMs);
    place = await operatorCluster();
  });
  collectOnFailure(() => ['sizes-five', 'sizes-seven', ...etcdVersions.map(({ version }) => namespaceOf(version))]);

  for (const [size, word] of [
    [5, 'five'],
    [7, 'seven'],
  ] as const) {
    it(`a cluster is created with ${size} members`, async function () {
      this.timeout(5 * minute);
      const subject = new Subject(place, `sizes-${word}`);
      await subject.begin();
      await subject.apply({ size });
      const { status } = await subject.settled(4 * minute);
      expect(status?.quorum).to.deep.equal({
        voters: size,
        healthy: size,
        needed: (size + 1) / 2,
        tolerates: (size - 1) / 2,
      });
      await subject.end();
    });
  }

  for (const { version } of etcdVersions) {
    it(`1 → 3 → 7 → 5 → 1 under a writer on etcd ${version}`, async function () {
      this.timeout(10 * minute);
      const subject = new Subject(place, namespaceOf(version));
      await subject.begin();
      await subject.apply({ size: 1, version });
      await subject.settled();
      const writer = await startWriter({ cluster: place, namespace: subject.namespace, name: subject.name });
      try {
        for (const size of [3, 7, 5, 1]) {
          writer.mark(`→ ${size}`);
          await subject.resize(size);
          await subject.settled(3 * minute);
          await pause(2_000);
          await writer.verify();
        }
        await writer.stop();
        console.log(await writer.table());
      } finally {
        await writer.stop();
      }
      await subject.end();
    });
  }
});

const namespaceOf = (version: string): string => `sizes-${version.replaceAll('.', '-')}`;
