import { isIP } from 'node:net';
import { parseDuration } from '../duration.js';
import { durationPattern } from '../schema.js';
import {
  changed,
  orDefault,
  unchanged,
  whenMatches,
  type Finding,
  type RefusingRule,
  type Rule,
  type WarningRule,
} from './rule.js';

const sides = ['client', 'peer'] as const;
type Side = (typeof sides)[number];

const shortest = '1m';
const longest = '43800h';
const [shortestLife = 0, longestLife = 0] = [shortest, longest].map(parseDuration);
const milliseconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text);

const sourceUnchanged = unchanged(
  {
    id: 'tls-source-unchanged',
    family: 'tls',
    sentence:
      'TLS of an existing cluster is not switched on or off; members that speak plain text and members that do not cannot talk to each other.',
    because: ' in this version of Quorate',
  },
  sides.map((side) => `tls.${side}.source`),
);

/** Own settings of source Operator, by side, that mean nothing without it. */
const operatorOnly: readonly (readonly [Side, 'operator' | 'extraSANs'])[] = [
  ['client', 'operator'],
  ['client', 'extraSANs'],
  ['peer', 'operator'],
];
const sourceDetail = 'belongs to source Operator; leave it out with source Disabled';

const sourceExclusive: RefusingRule = {
  id: 'tls-source-exclusive',
  family: 'tls',
  sentence: 'Settings of one certificate source are not given together with another source.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['tls'],
  check: ({ next }) =>
    operatorOnly
      .filter(([side]) => next.tls?.[side]?.source === 'Disabled')
      .filter(([side, key]) => (side === 'client' ? next.tls?.client?.[key] : next.tls?.peer?.operator) !== undefined)
      .map(([side, key]) => ({
        field: `spec.tls.${side}.${key}`,
        reason: 'FieldValueForbidden',
        detail: sourceDetail,
        reads: [`tls.${side}`],
      })),
  cel: operatorOnly.map(([side, key]) => ({
    on: ['spec', 'tls', side],
    rule: `${orDefault('self.source', 'Operator')} == 'Operator' || !has(self.${key})`,
    message: sourceDetail,
    reason: 'FieldValueForbidden',
    fieldPath: `.${key}`,
  })),
};

function nearestDuration(value: number): string {
  return value < shortestLife ? shortest : longest;
}

const durationBounds: RefusingRule = {
  id: 'tls-duration',
  family: 'tls',
  sentence: `A certificate lives between ${shortest} and ${longest} (5 years); renewal is automatic, so there is nothing to gain from more.`,
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: sides.map((side) => `tls.${side}.operator.duration`),
  check: ({ next }) =>
    sides.flatMap((side): readonly Finding[] => {
      const text = next.tls?.[side]?.operator?.duration;
      const value = milliseconds(text);
      if (value === undefined || (value >= shortestLife && value <= longestLife)) return [];
      const detail = `must be between ${shortest} and ${longest}; nearest: ${nearestDuration(value)}`;
      const path = `tls.${side}.operator.duration`;
      return [{ field: `spec.${path}`, reason: 'FieldValueInvalid', value: text, detail, reads: [path] }];
    }),
  cel: sides.map((side) => ({
    on: ['spec', 'tls', side, 'operator', 'duration'],
    rule: whenMatches(
      'self',
      durationPattern,
      `duration(self) >= duration('${shortest}') && duration(self) <= duration('${longest}')`,
    ),
    messageExpression: `'must be between ${shortest} and ${longest}; nearest: ' + (duration(self) < duration('${shortest}') ? '${shortest}' : '${longest}')`,
  })),
};

const renewDetail = 'must be at least 1s and less than duration; leave it out for a third of duration';
const bothParse = ['duration', 'renewBefore']
  .map((key) => `has(self.${key}) && self.${key}.matches('${durationPattern}')`)
  .join(' && ');

/** A life that does not parse or is too short has its own refusal, and no renewal could agree with it. */
function renewsInTime(life: number | undefined, before: number | undefined): boolean {
  if (life === undefined || before === undefined || life < shortestLife) return true;
  return before >= 1000 && before < life;
}

const renewBefore: RefusingRule = {
  id: 'tls-renew-before',
  family: 'tls',
  sentence: 'A certificate is renewed after it was issued and before it expires.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: sides.map((side) => `tls.${side}.operator`),
  check: ({ next }) =>
    sides.flatMap((side): readonly Finding[] => {
      const issuing = next.tls?.[side]?.operator;
      if (renewsInTime(milliseconds(issuing?.duration), milliseconds(issuing?.renewBefore))) return [];
      const path = `tls.${side}.operator`;
      const field = `spec.${path}.renewBefore`;
      const value = issuing?.renewBefore;
      return [{ field, reason: 'FieldValueInvalid', value, detail: renewDetail, reads: [path] }];
    }),
  cel: sides.map((side) => ({
    on: ['spec', 'tls', side, 'operator'],
    rule: `!(${bothParse}) || duration(self.duration) < duration('${shortest}') || (duration(self.renewBefore) >= duration('1s') && duration(self.renewBefore) < duration(self.duration))`,
    message: renewDetail,
    fieldPath: '.renewBefore',
  })),
};

const sanAddress: RefusingRule = {
  id: 'tls-san-address',
  family: 'tls',
  sentence: 'Every entry of extraSANs.ipAddresses is an IPv4 or IPv6 address.',
  severity: 'refuse',
  where: ['webhook', 'guard'],
  reads: ['tls.client.extraSANs.ipAddresses'],
  check: ({ next }) =>
    (next.tls?.client?.extraSANs?.ipAddresses ?? []).flatMap((address, index): readonly Finding[] => {
      if (address === undefined || isIP(address) !== 0) return [];
      const field = `spec.tls.client.extraSANs.ipAddresses[${index}]`;
      return [
        {
          field,
          reason: 'FieldValueInvalid',
          value: address,
          detail: 'must be an IP address, for example 10.9.8.7 or fd00::9',
        },
      ];
    }),
};

const plainText: WarningRule = {
  id: 'tls-plain-text',
  family: 'tls',
  sentence: 'TLS that is switched off is warned about.',
  severity: 'warn',
  warn: (input) =>
    sides
      .filter((side) => input.next.tls?.[side]?.source === 'Disabled' && changed(input, `tls.${side}.source`))
      .map((side) => `spec.tls.${side}.source: Disabled: whoever reaches the ${side} port reads and writes everything`),
};

export const tlsRules: readonly Rule[] = [
  sourceUnchanged,
  sourceExclusive,
  durationBounds,
  renewBefore,
  sanAddress,
  plainText,
];
