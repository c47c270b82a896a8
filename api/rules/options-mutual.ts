/** Options that must agree with each other. */
import { parseNanoseconds } from '../duration.js';
import { durationPattern } from '../schema.js';
import { orDefault, type Finding, type RefusingRule, type Rule } from './rule.js';

const electionDetail =
  'must be at least five times the heartbeat interval (etcd refuses to start otherwise); heartbeatInterval is ';
const heartbeat = orDefault('self.heartbeatInterval', '100ms');
const election = orDefault('self.electionTimeout', '1s');

const electionTimeout: RefusingRule = {
  id: 'options-election',
  family: 'options',
  sentence:
    'The election timeout is at least five times the heartbeat interval, each as given or as etcd has it (1s and 100ms).',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['options.heartbeatInterval', 'options.electionTimeout'],
  check: ({ next }) => {
    const beat = next.options?.heartbeatInterval ?? '100ms';
    const limit = next.options?.electionTimeout ?? '1s';
    if ((parseNanoseconds(beat) ?? 0n) * 5n <= (parseNanoseconds(limit) ?? 0n)) return [];
    return [
      {
        field: 'spec.options.electionTimeout',
        reason: 'FieldValueInvalid',
        value: limit,
        detail: electionDetail + beat,
      },
    ];
  },
  cel: [
    {
      on: ['spec', 'options'],
      rule:
        `!${heartbeat}.matches('${durationPattern}') || !${election}.matches('${durationPattern}') || ` +
        `${Array.from({ length: 5 }, () => `duration(${heartbeat})`).join(' + ')} <= duration(${election})`,
      messageExpression: `'${electionDetail}' + ${heartbeat}`,
      fieldPath: '.electionTimeout',
      reads: ['heartbeatInterval', 'electionTimeout'],
    },
  ],
};

const needsRetention = 'required with mode Revision, for example 10000';
const onlyPeriodic = 'belongs to mode Periodic; leave it out';
const onlyRevision = 'belongs to mode Revision; leave it out, or set mode to Revision';
const celMode = orDefault('self.mode', 'Periodic');

const compaction: RefusingRule = {
  id: 'options-compaction',
  family: 'options',
  sentence: 'Each mode of automatic compaction has its own value: a period, or how many revisions are kept.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['options.autoCompaction'],
  check: ({ next }): readonly Finding[] => {
    const field = 'spec.options.autoCompaction';
    const { mode = 'Periodic', period, retention } = next.options?.autoCompaction ?? {};
    const missing = mode === 'Revision' && retention === undefined;
    return [
      ...(missing
        ? ([{ field: `${field}.retention`, reason: 'FieldValueRequired', detail: needsRetention }] as const)
        : []),
      ...(mode !== 'Periodic' && period !== undefined
        ? ([{ field: `${field}.period`, reason: 'FieldValueForbidden', detail: onlyPeriodic }] as const)
        : []),
      ...(mode !== 'Revision' && retention !== undefined
        ? ([{ field: `${field}.retention`, reason: 'FieldValueForbidden', detail: onlyRevision }] as const)
        : []),
    ];
  },
  cel: [
    {
      on: ['spec', 'options', 'autoCompaction'],
      rule: `${celMode} != 'Revision' || has(self.retention)`,
      message: needsRetention,
      reason: 'FieldValueRequired',
      fieldPath: '.retention',
    },
    {
      on: ['spec', 'options', 'autoCompaction'],
      rule: `${celMode} == 'Periodic' || !has(self.period)`,
      message: onlyPeriodic,
      reason: 'FieldValueForbidden',
      fieldPath: '.period',
    },
    {
      on: ['spec', 'options', 'autoCompaction'],
      rule: `${celMode} == 'Revision' || !has(self.retention)`,
      message: onlyRevision,
      reason: 'FieldValueForbidden',
      fieldPath: '.retention',
    },
  ],
};

export const mutualOptionRules: readonly Rule[] = [electionTimeout, compaction];
