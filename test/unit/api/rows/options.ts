import { forbidden, invalid, required, unsupported, type Row } from './row.js';

const options = (value: unknown, more: object = {}) => ({ size: 1, ...more, options: value });
const reserved = (name: string, value: unknown, why: string): Row => ({
  title: `${name} belongs to the operator`,
  spec: options({ [name]: value }),
  causes: [forbidden('options-reserved', `spec.options.${name}`, `cannot be set: ${why}`)],
});
const later = ['spec.options: members take it when their pods next start; size 0 and back does that for all'];
const election =
  'must be at least five times the heartbeat interval (etcd refuses to start otherwise); heartbeatInterval is ';

export const optionRows: readonly Row[] = [
  {
    title: 'every option of the catalogue is accepted',
    spec: options({
      backendQuota: '4Gi',
      snapshotCount: 10000,
      heartbeatInterval: '200ms',
      electionTimeout: '2s',
      maxRequestBytes: '2Mi',
      maxTxnOps: 256,
      maxConcurrentStreams: 1000,
      logLevel: 'debug',
      compactionBatchLimit: 500,
      compactionSleepInterval: '20ms',
      watchProgressNotifyInterval: '1m',
      warningApplyDuration: '200ms',
      warningUnaryRequestDuration: '500ms',
      autoCompaction: { mode: 'Revision', retention: 1000 },
    }),
    causes: [],
  },
  reserved('name', 'x', 'the operator owns the identity of members.'),
  reserved('data-dir', '/x', 'the operator owns where data lies; spec.storage says how.'),
  reserved(
    'initial-cluster-state',
    'new',
    'the operator owns how the cluster is born and how members join it; spec.bootstrap says how.',
  ),
  reserved(
    'force-new-cluster',
    true,
    'it makes a new cluster of one member out of what lies on a disk; the operator alone may do that.',
  ),
  reserved('unsafe-no-fsync', true, 'it gives up what etcd promises about acknowledged writes.'),
  reserved('max-learners', 3, 'the operator owns how membership changes.'),
  {
    title: 'an unknown option is refused with the one that was meant',
    spec: options({ snapshotcount: 5 }),
    causes: [forbidden('schema', 'spec.options.snapshotcount', 'unknown field; did you mean "snapshotCount"?')],
  },
  {
    title: 'an unknown option that resembles nothing is refused',
    spec: options({ frobnicate: true }),
    causes: [forbidden('schema', 'spec.options.frobnicate', 'unknown field')],
  },
  {
    title: 'a quota above 8Gi is refused',
    spec: options({ backendQuota: '9Gi' }, { storage: { size: '100Gi' } }),
    causes: [
      invalid('options-bounds', 'spec.options.backendQuota', '"9Gi": must be between 16Mi and 8Gi; nearest: 8Gi'),
    ],
  },
  {
    title: 'a quota below 16Mi is refused',
    spec: options({ backendQuota: '1Mi' }),
    causes: [
      invalid('options-bounds', 'spec.options.backendQuota', '"1Mi": must be between 16Mi and 8Gi; nearest: 16Mi'),
    ],
  },
  {
    title: 'an election timeout below five heartbeats is refused',
    spec: options({ heartbeatInterval: '300ms' }),
    causes: [invalid('options-election', 'spec.options.electionTimeout', `"1s": ${election}300ms`)],
  },
  {
    title: 'an election timeout of exactly five heartbeats is accepted',
    spec: options({ heartbeatInterval: '200ms', electionTimeout: '1000ms' }),
    causes: [],
  },
  {
    title: 'an election timeout above 50 seconds is refused',
    spec: options({ electionTimeout: '51s' }),
    causes: [
      invalid('options-bounds', 'spec.options.electionTimeout', '"51s": must be between 50ms and 50s; nearest: 50s'),
    ],
  },
  {
    title: 'compaction by revision needs how many',
    spec: options({ autoCompaction: { mode: 'Revision' } }),
    causes: [
      required(
        'options-compaction',
        'spec.options.autoCompaction.retention',
        'required with mode Revision, for example 10000',
      ),
    ],
  },
  {
    title: 'compaction by revision has no period',
    spec: options({ autoCompaction: { mode: 'Revision', retention: 100, period: '2h' } }),
    causes: [
      forbidden('options-compaction', 'spec.options.autoCompaction.period', 'belongs to mode Periodic; leave it out'),
    ],
  },
  {
    title: 'compaction by period has no retention',
    spec: options({ autoCompaction: { mode: 'Periodic', retention: 100 } }),
    causes: [
      forbidden(
        'options-compaction',
        'spec.options.autoCompaction.retention',
        'belongs to mode Revision; leave it out, or set mode to Revision',
      ),
    ],
  },
  {
    title: 'a period below one minute is refused',
    spec: options({ autoCompaction: { period: '10s' } }),
    causes: [
      invalid(
        'options-bounds',
        'spec.options.autoCompaction.period',
        '"10s": must be between 1m and 720h; nearest: 1m',
      ),
    ],
  },
  {
    title: 'changing the mode drops the period that was filled in',
    needsDefaulting: true,
    old: options({ autoCompaction: { mode: 'Periodic', period: '1h' } }),
    spec: options({ autoCompaction: { mode: 'Revision', retention: 100, period: '1h' } }),
    causes: [],
    warnings: ['spec.options: members take it when their pods next start; size 0 and back does that for all'],
  },
  {
    title: 'an option that the minor does not have is refused',
    spec: options({ warningUnaryRequestDuration: '1s' }, { version: '3.5.35' }),
    causes: [
      forbidden('options-minor', 'spec.options.warningUnaryRequestDuration', 'etcd 3.5 does not have it; leave it out'),
    ],
  },
  {
    title: 'a level of logging in another case is recognised',
    spec: options({ logLevel: 'Debug' }),
    causes: [
      unsupported(
        'schema',
        'spec.options.logLevel',
        '"Debug": supported values: "debug", "info", "warn", "error"; did you mean "debug"?',
      ),
    ],
  },
  {
    title: 'a snapshot count of 0 is refused',
    spec: options({ snapshotCount: 0 }),
    causes: [invalid('schema', 'spec.options.snapshotCount', '0: must be greater than or equal to 100')],
  },
  {
    title: 'options of a running cluster may be changed, and say when they count',
    old: options({ snapshotCount: 1000 }),
    spec: options({ snapshotCount: 2000 }),
    causes: [],
    warnings: ['spec.options: members take it when their pods next start; size 0 and back does that for all'],
  },
  {
    title: 'a reserved option that is stored already does not block other edits',
    old: options({ name: 'x' }),
    spec: { ...options({ name: 'x' }), paused: true },
    causes: [],
  },
  {
    title: 'a reserved option that is stored already does not block edits of its neighbours',
    old: options({ name: 'x', logLevel: 'info' }),
    spec: options({ name: 'x', logLevel: 'debug' }),
    causes: [],
    warnings: later,
  },
  {
    title: 'a second reserved option is refused alone beside one that is stored',
    old: options({ name: 'x' }),
    spec: options({ name: 'x', 'max-learners': 3 }),
    causes: [
      forbidden(
        'options-reserved',
        'spec.options.max-learners',
        'cannot be set: the operator owns how membership changes.',
      ),
    ],
    warnings: later,
  },
  {
    title: 'a quota above the bounds from before the rule does not block edits of its neighbours',
    old: options({ backendQuota: '16Gi' }, { storage: { size: '100Gi' } }),
    spec: options({ backendQuota: '16Gi', heartbeatInterval: '200ms' }, { storage: { size: '100Gi' } }),
    causes: [],
    warnings: later,
  },
  {
    title: 'a period above the bounds from before the rule does not block edits of its neighbours',
    old: options({ autoCompaction: { period: '721h' } }),
    spec: options({ autoCompaction: { period: '721h' }, heartbeatInterval: '9ms' }),
    causes: [
      invalid('options-bounds', 'spec.options.heartbeatInterval', '"9ms": must be between 10ms and 10s; nearest: 10ms'),
    ],
    warnings: later,
  },
];
