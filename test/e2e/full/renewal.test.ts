import { expect } from 'chai';
import { connect } from 'node:tls';
import { ports } from '../../../api/names.js';
import type { Cluster } from '../../localkube/index.js';
import { eventually, pause } from '../../support/poll.js';
import { startWriter } from '../../support/writer.js';
import { collectOnFailure, operatorCluster, setUpMs, Subject, type Pod } from '../support/operator.js';

const minute = 60_000;
/** The webhook accepts a minute and more; two leave time for both the old and the new one to be seen. */
const life = { operator: { duration: '2m', renewBefore: '1m' } };

describe('a leaf of two minutes', () => {
  let place: Cluster;

  before(async function () {
    this.timeout(setUpMs);
    place = await operatorCluster();
  });
  collectOnFailure(() => ['renewal']);

  it('is renewed under a writer without a failed write, on both ports, and no container restarts', async function () {
    this.timeout(8 * minute);
    const subject = new Subject(place, 'renewal');
    await subject.begin();
    await subject.apply({ size: 3, tls: { client: life, peer: life } });
    await subject.settled();
    const writer = await startWriter({ cluster: place, namespace: subject.namespace, name: subject.name });
    const first = await served(await subject.pods());
    // Until well after every certificate of the beginning has ended.
    const ends = Math.max(...first.map(({ validTo }) => validTo));
    while (Date.now() < ends + 15_000) await pause(5_000);
    const now = await eventually('every port serves a new certificate', minute, async () => {
      const found = await served(await subject.pods());
      const isNew = found.every(
        ({ serial, validTo }, index) => serial !== first[index]?.serial && validTo > Date.now(),
      );
      return isNew ? { done: true as const, value: found } : { done: false as const, seen: found };
    });
    await writer.stop();
    const { attempts, acknowledged } = await writer.report();
    console.log(`      ${acknowledged} of ${attempts} puts acknowledged\n${await writer.table()}`);
    expect(acknowledged).to.equal(attempts);
    expect(now).to.have.length(6);
    await writer.verify();
    const restarts = (await subject.pods()).map(({ status }) => status.containerStatuses?.[0]?.restartCount);
    expect(restarts).to.deep.equal([0, 0, 0]);
    await subject.end();
  });
});

interface Served {
  readonly serial: string;
  readonly validTo: number;
}

/** The certificates of every member's client and peer port. */
function served(pods: readonly Pod[]): Promise<Served[]> {
  const addresses = pods.flatMap(({ status }) => (status.podIP === undefined ? [] : [status.podIP]));
  return Promise.all(addresses.flatMap((host) => [ports.client, ports.peer].map((port) => certificateOf(host, port))));
}

function certificateOf(host: string, port: number): Promise<Served> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      const { serialNumber, valid_to } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ serial: serialNumber, validTo: Date.parse(valid_to) });
    });
    socket.once('error', reject);
  });
}
