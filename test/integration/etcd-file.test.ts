import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { expect } from 'chai';
import { optionCatalogue } from '../../api/options.js';
import type { MemberFileInput } from '../../etcd/index.js';
import { createBed, versions, type Bed } from '../support/etcd-process.js';
import { eventually } from '../support/poll.js';

/** What etcd says, when it starts, that it was given. */
interface Stated {
  readonly option: string;
  readonly value: unknown;
  readonly says: Readonly<Record<string, unknown>>;
}

const stated: readonly Stated[] = [
  { option: 'backendQuota', value: '4Gi', says: { 'quota-backend-bytes': 4294967296 } },
  { option: 'snapshotCount', value: 5000, says: { 'snapshot-count': 5000 } },
  { option: 'heartbeatInterval', value: '50ms', says: { 'heartbeat-interval': '50ms' } },
  { option: 'electionTimeout', value: '0.6s', says: { 'election-timeout': '600ms' } },
  { option: 'maxRequestBytes', value: '3Mi', says: { 'max-request-bytes': 3145728 } },
  { option: 'maxConcurrentStreams', value: 1000, says: { 'max-concurrent-streams': 1000 } },
  {
    option: 'autoCompaction',
    value: { mode: 'Periodic', period: '1h30m' },
    says: { 'auto-compaction-mode': 'periodic', 'auto-compaction-retention': '1h30m0s' },
  },
];
/** What etcd does not say, and shows only by what it does. */
const shown = {
  maxTxnOps: 5,
  compactionBatchLimit: 20,
  compactionSleepInterval: '100ms',
  watchProgressNotifyInterval: '1s',
  warningApplyDuration: '1ms',
  warningUnaryRequestDuration: '1ms',
};
const logLevel = 'warn';

function startLog(log: string): Record<string, unknown> | undefined {
  const line = log.split('\n').find((each) => each.includes('"msg":"starting an etcd server"'));
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
}

describe('etcd: every option of the catalogue', () => {
  it('is read back below', () => {
    const tested = [...stated.map(({ option }) => option), ...Object.keys(shown), 'logLevel'];
    expect(tested.sort()).to.deep.equal([...Object.keys(optionCatalogue), 'autoCompaction'].sort());
  });
});

for (const version of versions) {
  const isOld = version.startsWith('3.5');

  describe(`etcd ${version}: what the file says is what holds`, function () {
    this.timeout(60_000);
    let bed: Bed;
    let keys: Etcd3;

    afterEach(async () => {
      keys.close();
      await bed.dispose();
    });

    async function booted(options: MemberFileInput['options']): Promise<string> {
      bed = await createBed({ version, size: 1, tls: false, options });
      await bed.boot();
      const member = bed.member(0);
      keys = new Etcd3({
        hosts: `http://${member.clientAddress}`,
        faultHandling: { host: () => noop, global: noop },
        defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + 5000 }),
      });
      return member.log();
    }

    it('who it is, where it listens, and each option that etcd states', async function () {
      this.timeout(300_000);
      const log = await booted(Object.fromEntries(stated.map(({ option, value }) => [option, value])));
      const { host, name, peer, dataDirectory } = bed.member(0);
      expect(startLog(log)).to.deep.include({
        'etcd-version': version,
        name,
        'data-dir': dataDirectory,
        'listen-client-urls': [`http://${host}:2379`],
        'listen-peer-urls': [`http://${host}:2380`],
        'listen-metrics-urls': [`http://${host}:2381`],
        'advertise-client-urls': [`http://${host}:2379`],
        'initial-advertise-peer-urls': [peer.peerURL],
        'initial-cluster': `${name}=${peer.peerURL}`,
        'initial-cluster-state': 'new',
        'initial-cluster-token': 'test',
        'force-new-cluster': false,
        'pre-vote': true,
        ...Object.assign({}, ...stated.map(({ says }) => says)),
        ...(isOld ? {} : { 'max-learners': 6 }),
      });
    });

    it('compaction by revisions, and none, and the level of the log', async () => {
      const revisions = startLog(await booted({ autoCompaction: { mode: 'Revision', retention: 1000 } }));
      // etcd prints this number of revisions as if it were nanoseconds.
      expect(revisions).to.include({ 'auto-compaction-mode': 'revision', 'auto-compaction-retention': '1µs' });
      await bed.dispose();
      keys.close();
      expect(startLog(await booted({ autoCompaction: { mode: 'Disabled' } }))).to.include({
        'auto-compaction-retention': '0s',
      });
      await bed.dispose();
      keys.close();
      const log = await booted({ logLevel });
      expect(log).to.include('"level":"warn"').and.not.include('"level":"info"');
    });

    it('each option that shows only in what etcd does', async () => {
      await booted(shown);
      const put = (key: string, value = '') => ({
        request_put: { key: Buffer.from(key), value: Buffer.from(value) },
      });
      const many = (count: number) => keys.kv.txn({ success: Array.from({ length: count }, (_, i) => put(`${i}`)) });
      await many(5);
      const refused: unknown = await many(6).catch((error: unknown) => error);
      expect(String(refused)).to.include('too many operations');

      for (let revision = 0; revision < 40; revision += 1) await many(5);
      const began = performance.now();
      await keys.kv.compact({ revision: '42', physical: true });
      // 200 old revisions by 20, with a pause after each; by default all at once, or 10 ms each.
      expect(performance.now() - began).to.be.within(800, 5000);

      const expected = [/"msg":"apply request took too long".*"expected-duration":"1ms"/];
      if (!isOld) expected.push(/"msg":"request stats".*KV\/Put/);
      await eventually('requests of more than a millisecond are logged', 20_000, async () => {
        await keys.kv.put(put('big', 'x'.repeat(1_000_000)).request_put);
        await keys.kv.range({ key: Buffer.from('big') });
        const missing = expected.filter((pattern) => !pattern.test(bed.member(0).log()));
        return missing.length === 0 ? { done: true, value: missing } : { done: false, seen: missing };
      });

      const watch = await keys.watchClient.watch();
      let told = 0;
      watch.on('data', ({ created }) => {
        told += created ? 0 : 1;
      });
      watch.write({ create_request: { key: Buffer.from('quiet'), progress_notify: true } });
      await eventually('an idle watch is told the revision', 5000, async () =>
        told > 0 ? { done: true, value: told } : { done: false, seen: told },
      );
      watch.cancel();
    });
  });
}
