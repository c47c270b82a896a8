import { parseNanoseconds } from '../duration.js';
import type { Draft } from '../meta.js';
import { optionCatalogue, reservedOptions, type Option, type OptionName } from '../options.js';
import { parseQuantity } from '../quantity.js';
import { durationPattern } from '../schema.js';
import type { EtcdClusterSpec } from '../v1alpha1/types.gen.js';
import { minorOf, minors } from '../versions.js';
import { mutualOptionRules } from './options-mutual.js';
import { largestQuota } from './storage.js';
import { whenMatches, type CelRule, type Finding, type RefusingRule, type Rule } from './rule.js';

const catalogue = Object.entries(optionCatalogue) as readonly (readonly [OptionName, Option])[];

const reservedDetail = (why: string): string => `cannot be set: ${why}`;

const reserved: RefusingRule = {
  id: 'options-reserved',
  family: 'options',
  sentence: 'Settings that the operator owns, and those that give up what etcd promises, cannot be set.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['options'],
  check: ({ next }) =>
    Object.keys(next.options ?? {}).flatMap((name): readonly Finding[] => {
      const why = Object.hasOwn(reservedOptions, name) ? reservedOptions[name] : undefined;
      if (why === undefined) return [];
      const reads = [`options.${name}`];
      return [{ field: `spec.options.${name}`, reason: 'FieldValueForbidden', detail: reservedDetail(why), reads }];
    }),
  cel: Object.entries(reservedOptions).map(([name, why]) => ({
    on: ['spec', 'options', name],
    rule: 'false',
    message: reservedDetail(why),
    reason: 'FieldValueForbidden',
  })),
};

interface Bounded {
  readonly parse: (text: string) => bigint | undefined;
  readonly cel: (value: string) => string;
  readonly least: string;
  readonly most: string;
  /** The largest value beside other fields, which CEL cannot see from the option's own node. */
  readonly largest?: (spec: Draft<EtcdClusterSpec>) => string;
}

/** How the bounds of an option are compared: as bytes, or as a span of time. */
function bounded(option: Option): Bounded | undefined {
  if (!option.bounds) return undefined;
  const [least, most] = option.bounds;
  const parse = option.encoding === 'bytes' ? parseQuantity : parseNanoseconds;
  const cel = (value: string) =>
    option.encoding === 'bytes' ? `quantity(${value}).asInteger()` : `duration(${value})`;
  return { parse, cel, least, most };
}

const boundsText = ({ least, most }: Bounded): string => `must be between ${least} and ${most}`;

interface Limited {
  readonly path: string;
  readonly bounds: Bounded;
}

function outside({ path, bounds }: Limited, text: unknown, spec: Draft<EtcdClusterSpec>): readonly Finding[] {
  const value = typeof text === 'string' ? bounds.parse(text) : undefined;
  if (value === undefined) return [];
  const low = value < (bounds.parse(bounds.least) ?? 0n);
  const high = value > (bounds.parse(bounds.most) ?? value);
  if (!low && !high) return [];
  const finding = { field: `spec.${path}`, reason: 'FieldValueInvalid', value: text, reads: [path] } as const;
  const largest = bounds.largest?.(spec) ?? bounds.most;
  return [{ ...finding, detail: boundsText(bounds), nearest: low ? bounds.least : largest }];
}

function celBounds(on: readonly string[], bounds: Bounded, pattern: string): CelRule {
  const low = `${bounds.cel('self')} < ${bounds.cel(`'${bounds.least}'`)}`;
  const high = `${bounds.cel('self')} > ${bounds.cel(`'${bounds.most}'`)}`;
  const rule = whenMatches('self', pattern, `!(${low}) && !(${high})`);
  if (bounds.largest) return { on, rule, message: boundsText(bounds) };
  return {
    on,
    rule,
    messageExpression: `'${boundsText(bounds)}; nearest: ' + (${low} ? '${bounds.least}' : '${bounds.most}')`,
  };
}

const limited = catalogue.flatMap(([name, option]) => {
  const bounds = bounded(option);
  if (!bounds) return [];
  const largest = name === 'backendQuota' && { largest: (spec: Draft<EtcdClusterSpec>) => largestQuota(spec) };
  return [{ name, path: `options.${name}`, bounds: { ...bounds, ...largest }, pattern: option.schema.pattern ?? '' }];
});
const period: Limited = {
  path: 'options.autoCompaction.period',
  bounds: { parse: parseNanoseconds, cel: (value) => `duration(${value})`, least: '1m', most: '720h' },
};

const bounds: RefusingRule = {
  id: 'options-bounds',
  family: 'options',
  sentence: 'Quantities and durations among the options stay within the bounds that docs/api.md gives for each.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: [...limited.map(({ path }) => path), period.path],
  check: ({ next }) => [
    ...limited.flatMap((option) => outside(option, next.options?.[option.name], next)),
    ...outside(period, next.options?.autoCompaction?.period, next),
  ],
  cel: [
    ...limited.map((option) => celBounds(['spec', 'options', option.name], option.bounds, option.pattern)),
    celBounds(['spec', 'options', 'autoCompaction', 'period'], period.bounds, durationPattern),
  ],
};

/** Options that some minor lacks, with the minors that lack them. */
const partial = catalogue.flatMap(([name, option]) => {
  const missing = minors.filter((minor) => option.keys[minor] === undefined);
  return missing.length > 0 ? [{ name, missing }] : [];
});
const minorDetail = (missing: readonly string[]): string => `etcd ${missing.join(', ')} does not have it; leave it out`;

const minorHas: RefusingRule = {
  id: 'options-minor',
  family: 'options',
  sentence: 'An option is set only where the minor that runs has it: etcd ignores unknown settings silently.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['version', ...partial.map(({ name }) => `options.${name}`)],
  check: ({ next }) => {
    const minor = minorOf(next.version ?? '');
    return partial
      .filter(({ name, missing }) => minor && missing.includes(minor) && next.options?.[name] !== undefined)
      .map(({ name, missing }) => ({
        field: `spec.options.${name}`,
        reason: 'FieldValueForbidden',
        detail: minorDetail(missing),
        reads: ['version', `options.${name}`],
      }));
  },
  cel: partial.map(({ name, missing }) => ({
    on: ['spec'],
    rule: `!has(self.options) || !has(self.options.${name}) || !has(self.version) || !self.version.matches('^(${missing.join('|').replaceAll('.', '[.]')})[.]')`,
    message: minorDetail(missing),
    reason: 'FieldValueForbidden',
    fieldPath: `.options.${name}`,
    reads: ['version', `options.${name}`],
  })),
};

export const optionRules: readonly Rule[] = [reserved, bounds, ...mutualOptionRules, minorHas];
