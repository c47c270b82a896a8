/**
 * The closed catalogue of etcd settings: for each its type and bounds, its sentence, and under which key and in which encoding each
 * minor's configuration file wants it. etcd ignores unknown keys silently, so a key that is wrong here is a setting that does nothing.
 * Keys: the json tags of server/embed/config.go of 3.5.35, 3.6.16 and 3.7.3.
 */
import { byteQuantity, duration, integer, oneOf, type Schema } from './schema.js';
import type { Minor } from './versions.js';

/** How the value is written: plain, a quantity as bytes, a duration as milliseconds or as nanoseconds (Go's time.Duration in YAML). */
export type OptionEncoding = 'plain' | 'bytes' | 'milliseconds' | 'nanoseconds';

export interface Option {
  readonly schema: Schema;
  readonly encoding: OptionEncoding;
  /** The key of the configuration file, per minor; absent: this minor does not have it. */
  readonly keys: Readonly<Partial<Record<Minor, string>>>;
  /** Bounds of durations (milliseconds) and quantities (bytes), which a schema cannot express; inclusive. */
  readonly bounds?: readonly [string, string];
}

const everywhere = (key: string): Option['keys'] => ({ '3.5': key, '3.6': key, '3.7': key });
const onceExperimental = (key: string): Option['keys'] => ({ '3.5': `experimental-${key}`, '3.6': key, '3.7': key });

/** etcd refuses to start when the election timeout is above 50 s (embed/config.go). */
export const maxElectionTimeout = '50s';

export const optionCatalogue = {
  backendQuota: {
    schema: byteQuantity(
      'The size at which the database stops taking writes and raises NOSPACE, a whole number with a suffix: "4Gi". Between 16Mi and ' +
        '8Gi, and at most four fifths of storage.size.',
      { 'x-derived': '2Gi, or three quarters of storage.size when that is less' },
    ),
    encoding: 'bytes',
    keys: everywhere('quota-backend-bytes'),
    bounds: ['16Mi', '8Gi'],
  },
  snapshotCount: {
    schema: integer(
      'Committed entries between two raft snapshots on disk. etcd: 100000 in 3.5, 10000 from 3.6 on.',
      [100, 10_000_000],
    ),
    encoding: 'plain',
    keys: everywhere('snapshot-count'),
  },
  heartbeatInterval: {
    schema: duration(
      'Time between heartbeats of the leader: about one round trip between members. Between 10ms and 10s. etcd: 100ms.',
    ),
    encoding: 'milliseconds',
    keys: everywhere('heartbeat-interval'),
    bounds: ['10ms', '10s'],
  },
  electionTimeout: {
    schema: duration(
      'Silence of the leader after which a follower stands for election. At least five times the heartbeat interval, at most 50s. etcd: 1s.',
    ),
    encoding: 'milliseconds',
    keys: everywhere('election-timeout'),
    bounds: ['50ms', maxElectionTimeout],
  },
  maxRequestBytes: {
    schema: byteQuantity(
      'The largest request that etcd takes, a whole number with a suffix. Between 64Ki and 16Mi. etcd: 1536Ki.',
    ),
    encoding: 'bytes',
    keys: everywhere('max-request-bytes'),
    bounds: ['64Ki', '16Mi'],
  },
  maxTxnOps: {
    schema: integer('The most operations in one transaction. etcd: 128.', [1, 100_000]),
    encoding: 'plain',
    keys: everywhere('max-txn-ops'),
  },
  maxConcurrentStreams: {
    schema: integer('The most streams that one client connection may hold open. etcd: unlimited.', [10, 2_147_483_647]),
    encoding: 'plain',
    keys: everywhere('max-concurrent-streams'),
  },
  logLevel: {
    schema: oneOf('How much members log. etcd: info.', ['debug', 'info', 'warn', 'error']),
    encoding: 'plain',
    keys: everywhere('log-level'),
  },
  compactionBatchLimit: {
    schema: integer('Revisions that one step of a compaction deletes. etcd: 1000.', [10, 1_000_000]),
    encoding: 'plain',
    keys: onceExperimental('compaction-batch-limit'),
  },
  compactionSleepInterval: {
    schema: duration('Pause between two steps of a compaction. Between 1ms and 10s. etcd: 10ms.'),
    encoding: 'nanoseconds',
    keys: onceExperimental('compaction-sleep-interval'),
    bounds: ['1ms', '10s'],
  },
  watchProgressNotifyInterval: {
    schema: duration('Time after which an idle watch is told the current revision. Between 1s and 1h. etcd: 10m.'),
    encoding: 'nanoseconds',
    keys: onceExperimental('watch-progress-notify-interval'),
    bounds: ['1s', '1h'],
  },
  warningApplyDuration: {
    schema: duration('Applying an entry for longer than this is logged. Between 1ms and 1m. etcd: 100ms.'),
    encoding: 'nanoseconds',
    keys: onceExperimental('warning-apply-duration'),
    bounds: ['1ms', '1m'],
  },
  warningUnaryRequestDuration: {
    schema: duration(
      'A request that takes longer than this is logged. Between 1ms and 1m. From etcd 3.6 on; there 300ms.',
    ),
    encoding: 'nanoseconds',
    keys: { '3.6': 'warning-unary-request-duration', '3.7': 'warning-unary-request-duration' },
    bounds: ['1ms', '1m'],
  },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof optionCatalogue;

const identity = 'the operator owns the identity of members.';
const address = 'the operator owns the addresses of members.';
const birth = 'the operator owns how the cluster is born and how members join it; spec.bootstrap says how.';
const certificates = 'the operator owns the certificates of members; spec.tls says how.';
const folders = 'the operator owns where data lies; spec.storage says how.';
const unsafe = 'it gives up what etcd promises about acknowledged writes.';
const membership = 'the operator owns how membership changes.';

/** Flags of etcd that no spec may set, under their own names, and why. */
export const reservedOptions: Readonly<Record<string, string>> = {
  name: identity,
  'data-dir': folders,
  'wal-dir': folders,
  'listen-peer-urls': address,
  'listen-client-urls': address,
  'listen-client-http-urls': address,
  'listen-metrics-urls': address,
  'initial-advertise-peer-urls': address,
  'advertise-client-urls': address,
  'initial-cluster': birth,
  'initial-cluster-state': birth,
  'initial-cluster-token': birth,
  discovery: birth,
  'discovery-srv': birth,
  'discovery-endpoints': birth,
  'force-new-cluster':
    'it makes a new cluster of one member out of what lies on a disk; the operator alone may do that.',
  'cert-file': certificates,
  'key-file': certificates,
  'trusted-ca-file': certificates,
  'client-cert-auth': certificates,
  'auto-tls': certificates,
  'peer-cert-file': certificates,
  'peer-key-file': certificates,
  'peer-trusted-ca-file': certificates,
  'peer-client-cert-auth': certificates,
  'peer-auto-tls': certificates,
  'unsafe-no-fsync': unsafe,
  'unsafe-no-sync': unsafe,
  'max-learners': membership,
  'strict-reconfig-check': membership,
  'pre-vote': membership,
  'auth-token': 'the operator owns how users are authenticated.',
  'config-file': 'the operator writes the configuration file of each member.',
  'enable-pprof': 'it opens profiling to whoever reaches the member.',
  'enable-v2': 'the v2 store is unknown to the members, volumes and backups that the operator keeps.',
};

/** Those among them that are switches; their refusal must meet `true` as well as "true". */
export const reservedSwitches: ReadonlySet<string> = new Set([
  'force-new-cluster',
  'client-cert-auth',
  'auto-tls',
  'peer-client-cert-auth',
  'peer-auto-tls',
  'unsafe-no-fsync',
  'unsafe-no-sync',
  'strict-reconfig-check',
  'pre-vote',
  'enable-pprof',
  'enable-v2',
]);
