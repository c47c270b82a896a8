import type { Draft } from '../meta.js';
import { optionCatalogue } from '../options.js';
import { parseQuantity } from '../quantity.js';
import { byteQuantityPattern } from '../schema.js';
import type { EtcdClusterSpec } from '../v1alpha1/types.gen.js';
import { unchanged, whenMatches, type RefusingRule, type Rule } from './rule.js';

const mebibyte = 1024n ** 2n;
const smallest = '512Mi';
const bytes = (text: string | undefined): bigint | undefined => (text === undefined ? undefined : parseQuantity(text));
const leastBytes = bytes(smallest) ?? 0n;

const storageSize: RefusingRule = {
  id: 'storage-size',
  family: 'storage',
  sentence: `A volume has at least ${smallest}: etcd preallocates its write-ahead log in files of 64 MB and keeps several.`,
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['storage.size'],
  check: ({ next }) => {
    const size = bytes(next.storage?.size);
    if (size === undefined || size >= leastBytes) return [];
    const detail = `must be at least ${smallest}`;
    return [{ field: 'spec.storage.size', reason: 'FieldValueInvalid', value: next.storage?.size, detail }];
  },
  cel: [
    {
      on: ['spec', 'storage', 'size'],
      rule: whenMatches('self', byteQuantityPattern, `quantity(self).compareTo(quantity('${smallest}')) >= 0`),
      message: `must be at least ${smallest}`,
    },
  ],
};

const storageUnchanged = unchanged(
  {
    id: 'storage-unchanged',
    family: 'storage',
    sentence:
      'The volumes of an existing cluster keep their size and class; this version does not move data between volumes.',
    because: '',
  },
  ['storage.size'],
);

const classDetail = 'cannot be changed on an existing cluster: its volumes have their class for life';

const storageClassUnchanged: RefusingRule = {
  id: 'storage-class-unchanged',
  family: 'storage',
  sentence: 'The StorageClass of an existing cluster stays as it was, set or absent: a volume has its class for life.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['storage.storageClassName'],
  check: ({ next, old }) => {
    if (!old || next.storage?.storageClassName === old.storage?.storageClassName) return [];
    const before = old.storage?.storageClassName;
    const detail = `${classDetail}; ${before === undefined ? 'leave it out' : `keep "${before}"`}`;
    return [{ field: 'spec.storage.storageClassName', reason: 'FieldValueForbidden', detail }];
  },
  cel: [
    {
      on: ['spec', 'storage'],
      rule: 'has(self.storageClassName) ? has(oldSelf.storageClassName) && self.storageClassName == oldSelf.storageClassName : !has(oldSelf.storageClassName)',
      messageExpression: `'${classDetail}; ' + (has(oldSelf.storageClassName) ? 'keep "' + oldSelf.storageClassName + '"' : 'leave it out')`,
      reason: 'FieldValueForbidden',
      fieldPath: '.storageClassName',
    },
  ],
};

/** As much as its own bounds and the volume allow. */
export function largestQuota({ storage }: Draft<EtcdClusterSpec>): string {
  const [, most] = optionCatalogue.backendQuota.bounds;
  const volume = bytes(storage?.size) ?? 0n;
  const fitting = (volume * 4n) / 5n / mebibyte;
  // A volume that is too small has its own refusal.
  return volume < leastBytes || fitting * mebibyte >= (bytes(most) ?? 0n) ? most : `${fitting}Mi`;
}

const quota = 'self.options.backendQuota';
const volume = 'self.storage.size';
const bothGiven = `has(self.options) && has(${quota}) && has(self.storage) && has(${volume})`;
const bothParse = `${quota}.matches('${byteQuantityPattern}') && ${volume}.matches('${byteQuantityPattern}')`;
const largeEnough = `quantity(${volume}).compareTo(quantity('${smallest}')) >= 0`; // a smaller one has its own refusal
const quotaDetail = 'must be at most four fifths of spec.storage.size, which is ';

const quotaFits: RefusingRule = {
  id: 'storage-quota',
  family: 'storage',
  sentence:
    'options.backendQuota takes at most four fifths of storage.size: the write-ahead log, snapshots and a defragmentation need room beside the database, and a full disk stops a member where a met quota only stops writes.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: ['storage.size', 'options.backendQuota'],
  check: ({ next }) => {
    const size = bytes(next.storage?.size);
    const sent = bytes(next.options?.backendQuota);
    if (size === undefined || sent === undefined || size < leastBytes || sent * 5n <= size * 4n) return [];
    return [
      {
        field: 'spec.options.backendQuota',
        reason: 'FieldValueInvalid',
        value: next.options?.backendQuota,
        detail: quotaDetail + next.storage?.size,
        nearest: largestQuota(next),
      },
    ];
  },
  cel: [
    {
      on: ['spec'],
      rule: `!(${bothGiven} && ${bothParse} && ${largeEnough}) || quantity(${quota}).asInteger() * 5 <= quantity(${volume}).asInteger() * 4`,
      messageExpression: `'${quotaDetail}' + ${volume}`,
      fieldPath: '.options.backendQuota',
      reads: ['storage.size', 'options.backendQuota'],
    },
  ],
};

export const storageRules: readonly Rule[] = [storageSize, storageUnchanged, storageClassUnchanged, quotaFits];
