import { expect } from 'chai';
import { parse } from 'yaml';
import { clientURL, peerURL, renderMemberFile, type MemberFileInput } from '../../../etcd/index.js';

const host = (ordinal: number): string => `orders-${ordinal}.orders-peers.shop.svc.cluster.local`;
const peer = (ordinal: number) => ({ name: `orders-${ordinal}`, peerURL: peerURL(host(ordinal), true) });

const paths = (role: string) => ({
  ca: `/etc/quorate/${role}/ca.crt`,
  certificate: `/etc/quorate/${role}/tls.crt`,
  key: `/etc/quorate/${role}/tls.key`,
});

function input(changed: Partial<MemberFileInput> = {}): MemberFileInput {
  return {
    version: '3.6.16',
    name: 'orders-1',
    dataDirectory: '/var/lib/etcd/4f0c9a1e-3',
    host: host(1),
    token: 'orders-4f0c9a1e',
    state: { kind: 'existing', initialCluster: [peer(0), peer(1)] },
    tls: { client: paths('server'), peer: paths('peer') },
    options: {},
    ...changed,
  };
}

function rendered(changed: Partial<MemberFileInput> = {}): Record<string, unknown> {
  return parse(renderMemberFile(input(changed))) as Record<string, unknown>;
}

describe('member file', () => {
  it('of a joiner, in full', () => {
    expect(renderMemberFile(input({ options: { backendQuota: '4Gi' } }))).to.equal(`name: orders-1
data-dir: /var/lib/etcd/4f0c9a1e-3
listen-client-urls: https://0.0.0.0:2379
listen-peer-urls: https://0.0.0.0:2380
listen-metrics-urls: http://0.0.0.0:2381
advertise-client-urls: https://orders-1.orders-peers.shop.svc.cluster.local:2379
initial-advertise-peer-urls: https://orders-1.orders-peers.shop.svc.cluster.local:2380
initial-cluster: orders-0=https://orders-0.orders-peers.shop.svc.cluster.local:2380,orders-1=https://orders-1.orders-peers.shop.svc.cluster.local:2380
initial-cluster-state: existing
initial-cluster-token: orders-4f0c9a1e
client-transport-security:
  cert-file: /etc/quorate/server/tls.crt
  key-file: /etc/quorate/server/tls.key
  trusted-ca-file: /etc/quorate/server/ca.crt
  client-cert-auth: true
peer-transport-security:
  cert-file: /etc/quorate/peer/tls.crt
  key-file: /etc/quorate/peer/tls.key
  trusted-ca-file: /etc/quorate/peer/ca.crt
  client-cert-auth: true
strict-reconfig-check: true
max-learners: 6
logger: zap
quota-backend-bytes: 4294967296
`);
  });

  it('has no limit of learners on 3.5, which would ignore the key', () => {
    const { 'max-learners': limit, ...rest } = rendered();
    expect(limit).to.equal(6);
    expect(rendered({ version: '3.5.35' })).to.deep.equal(rest);
    expect(rendered({ version: '3.7.3' })).to.deep.equal({ ...rest, 'max-learners': 6 });
  });

  it('without TLS names no certificate and speaks plain text', () => {
    const plain = rendered({ tls: {} });
    expect(plain).to.not.have.any.keys('client-transport-security', 'peer-transport-security');
    expect(plain).to.include({
      'listen-client-urls': 'http://0.0.0.0:2379',
      'listen-peer-urls': 'http://0.0.0.0:2380',
      'advertise-client-urls': clientURL(host(1), false),
      'initial-advertise-peer-urls': peerURL(host(1), false),
    });
  });

  it('with TLS for peers alone speaks it to peers alone', () => {
    expect(rendered({ tls: { peer: paths('peer') } })).to.include({
      'listen-client-urls': 'http://0.0.0.0:2379',
      'listen-peer-urls': 'https://0.0.0.0:2380',
      'advertise-client-urls': `http://${host(1)}:2379`,
      'initial-advertise-peer-urls': `https://${host(1)}:2380`,
    });
  });

  const births: readonly [sentence: string, MemberFileInput['state'], state: string, cluster: string][] = [
    [
      'a new cluster lists all members',
      { kind: 'new', initialCluster: [peer(0), peer(1)] },
      'new',
      `orders-0=https://${host(0)}:2380,orders-1=https://${host(1)}:2380`,
    ],
    [
      'a sealed member lists the others',
      { kind: 'sealed', peers: [peer(0), peer(2)] },
      'existing',
      `orders-0=https://${host(0)}:2380,orders-2=https://${host(2)}:2380`,
    ],
    [
      'a sealed member without others lists a name that nobody has',
      { kind: 'sealed', peers: [] },
      'existing',
      'sealed=http://sealed.invalid:2380',
    ],
  ];
  for (const [sentence, state, clusterState, cluster] of births) {
    it(sentence, () => {
      expect(rendered({ state })).to.include({ 'initial-cluster': cluster, 'initial-cluster-state': clusterState });
    });
  }
});

describe('member file: options', () => {
  const everything = {
    backendQuota: '4Gi',
    snapshotCount: 5000,
    heartbeatInterval: '250ms',
    electionTimeout: '2.5s',
    maxRequestBytes: '3Mi',
    maxTxnOps: 256,
    maxConcurrentStreams: 1000,
    logLevel: 'warn',
    compactionBatchLimit: 500,
    compactionSleepInterval: '25ms',
    watchProgressNotifyInterval: '5m',
    warningApplyDuration: '150ms',
    warningUnaryRequestDuration: '400ms',
    autoCompaction: { mode: 'Periodic', period: '1h30m' },
  };
  const common = {
    'quota-backend-bytes': 4294967296,
    'snapshot-count': 5000,
    'heartbeat-interval': 250,
    'election-timeout': 2500,
    'max-request-bytes': 3145728,
    'max-txn-ops': 256,
    'max-concurrent-streams': 1000,
    'log-level': 'warn',
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '1h30m',
  };
  const later = {
    'compaction-batch-limit': 500,
    'compaction-sleep-interval': 25_000_000,
    'watch-progress-notify-interval': 300_000_000_000,
    'warning-apply-duration': 150_000_000,
    'warning-unary-request-duration': 400_000_000,
  };
  const onMinor: Readonly<Record<string, object>> = {
    '3.5.21': {
      ...common,
      'experimental-compaction-batch-limit': 500,
      'experimental-compaction-sleep-interval': 25_000_000,
      'experimental-watch-progress-notify-interval': 300_000_000_000,
      'experimental-warning-apply-duration': 150_000_000,
    },
    '3.6.16': { ...common, ...later },
    '3.7.3': { ...common, ...later },
  };
  for (const [version, expected] of Object.entries(onMinor)) {
    it(`have the names and units of ${version}`, () => {
      expect(rendered({ version, options: everything })).to.deep.equal({ ...rendered({ version }), ...expected });
    });
  }

  it('by revisions, and none', () => {
    expect(rendered({ options: { autoCompaction: { mode: 'Revision', retention: 1000 } } })).to.include({
      'auto-compaction-mode': 'revision',
      'auto-compaction-retention': '1000',
    });
    const off = rendered({ options: { autoCompaction: { mode: 'Disabled' } } });
    expect(off).to.include({ 'auto-compaction-retention': '0' }).and.not.have.property('auto-compaction-mode');
  });

  it('that admission would have refused are a bug here', () => {
    const refused: readonly [Record<string, unknown>, string][] = [
      [{ 'data-dir': '/tmp' }, 'no such option: data-dir'],
      [{ heartbeatInterval: 'soon' }, 'option heartbeatInterval cannot be read: soon'],
      [{ backendQuota: 'much' }, 'option backendQuota cannot be read: much'],
      [{ autoCompaction: { mode: 'Revision' } }, 'option autoCompaction: mode Revision lacks its amount'],
    ];
    for (const [options, message] of refused) expect(() => rendered({ options })).to.throw(TypeError, message);
    expect(() => rendered({ version: '3.4.30' })).to.throw(TypeError, 'no known etcd version: 3.4.30');
  });
});
