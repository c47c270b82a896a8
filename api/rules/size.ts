import { ordinalOf } from '../names.js';
import type { Finding, RefusingRule, Rule, RuleInput, WarningRule } from './rule.js';

export const allowedSizes = [0, 1, 3, 5, 7] as const;
const listed = allowedSizes.join(', ');
const freshness = 120_000;
const clockSkew = 30_000;

function nearestSize(size: number): string {
  if (size < 0) return '0';
  return size > 7 ? '7' : `${size - 1} or ${size + 1}`;
}

const sizeOdd: RefusingRule = {
  id: 'size-odd',
  family: 'size',
  sentence:
    'The size is 0, 1, 3, 5 or 7: an even number of voters tolerates no more failures than the odd number below it, and each write waits for one member more.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['size'],
  check: ({ next }) => {
    const size = next.size;
    if (size === undefined || allowedSizes.some((allowed) => allowed === size)) return [];
    const detail = `must be one of ${listed}; nearest: ${nearestSize(size)}`;
    return [{ field: 'spec.size', reason: 'FieldValueInvalid', value: size, detail }];
  },
  cel: [
    {
      on: ['spec', 'size'],
      rule: `self in [${listed}]`,
      messageExpression: `'must be one of ${listed}; nearest: ' + (self < 0 ? '0' : self > 7 ? '7' : self == 2 ? '1 or 3' : self == 4 ? '3 or 5' : '5 or 7')`,
    },
  ],
};

interface Staying {
  readonly name: string;
}

/** Members that the shrink leaves in the cluster and that the last probe found unhealthy. */
function unhealthyStaying(input: RuleInput, cluster: string): readonly Staying[] {
  const last = Math.max(input.next.size ?? 0, 1) - 1;
  return (input.status?.members ?? []).flatMap((member) => {
    const { name = '', id = '' } = member;
    const ordinal = ordinalOf(cluster, name);
    const stays = ordinal === undefined || ordinal <= last;
    return member.healthy === false && stays ? [{ name: name || id || 'unknown' }] : [];
  });
}

/** Stopping with RetainAll takes no member out of the membership, so health does not matter to it. */
function shrinks({ next, old }: RuleInput): boolean {
  if (next.size === undefined || old?.size === undefined || next.size >= old.size) return false;
  return !(next.size === 0 && next.storage?.retentionPolicy?.whenStopped === 'RetainAll');
}

function shrinkCausedBy(input: RuleInput): readonly Staying[] {
  return input.name !== undefined && shrinks(input) ? unhealthyStaying(input, input.name) : [];
}

/** How long ago the members were probed, in milliseconds; infinitely long when the status does not say. */
function probeAge({ status, context }: RuleInput): number {
  const age = context.now - Date.parse(status?.lastProbeTime ?? '');
  // From another clock than ours: how old it is cannot be known.
  return Number.isNaN(age) || age < -clockSkew ? Infinity : age;
}

const names = (members: readonly Staying[]): string => members.map((member) => member.name).join(', ');

const shrinkHealthy: RefusingRule = {
  id: 'size-shrink-healthy',
  family: 'size',
  sentence:
    'The size is not lowered while a member that would stay is unhealthy: the members that go may be the ones that hold the quorum. Judged on a status of the last two minutes; an older one is warned about. Stopping with RetainAll is always allowed.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: ['size'],
  check: (input): readonly Finding[] => {
    const staying = shrinkCausedBy(input);
    if (staying.length === 0 || probeAge(input) > freshness) return [];
    const detail = `must not be lowered while ${names(staying)} is unhealthy; keep ${input.old?.size}, or wait until it has recovered`;
    return [{ field: 'spec.size', reason: 'FieldValueForbidden', detail }];
  },
};

const shrinkUnsure: WarningRule = {
  id: 'size-shrink-unsure',
  family: 'size',
  sentence:
    'Lowering the size is warned about when the last known status shows an unhealthy member that stays but is older than two minutes.',
  severity: 'warn',
  warn: (input) => {
    const staying = shrinkCausedBy(input);
    if (staying.length === 0 || probeAge(input) <= freshness) return [];
    return [
      `spec.size: ${names(staying)} was unhealthy when last seen; the operator waits until every member that stays is healthy`,
    ];
  },
};

export const sizeRules: readonly Rule[] = [sizeOdd, shrinkHealthy, shrinkUnsure];
