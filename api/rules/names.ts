import type { RefusingRule, Rule } from './rule.js';

const longest = 52;
const label = '^[a-z]([-a-z0-9]*[a-z0-9])?$';
const lengthDetail = `must be at most ${longest} characters: the names of pods, Services and revisions are made from it; this one has `;
const labelDetail =
  'must be a DNS label that begins with a letter (lowercase letters, digits and "-"), as Services are named after it; nearest: ';

const nearest = (name: string): string => (/^[a-z]/.test(name) ? '' : 'etcd-') + name.split('.').join('-');

/** A name never changes, so only the creation of an object is asked: one that exists stays editable. */
const onCreation = (condition: string): string => `oldSelf.hasValue() || ${condition}`;

const nameLength: RefusingRule = {
  id: 'name-length',
  family: 'names',
  sentence: `The name of a cluster has at most ${longest} characters, so that every name derived from it fits into 63.`,
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: [],
  check: ({ name, old }) =>
    old || name === undefined || name.length <= longest
      ? []
      : [{ field: 'metadata.name', reason: 'FieldValueInvalid', value: name, detail: lengthDetail + name.length }],
  cel: [
    {
      on: [],
      rule: onCreation(`size(self.metadata.name) <= ${longest}`),
      messageExpression: `'${lengthDetail}' + string(size(self.metadata.name))`,
      fieldPath: '.metadata.name',
    },
  ],
};

const nameLabel: RefusingRule = {
  id: 'name-label',
  family: 'names',
  sentence: 'The name of a cluster is a DNS label that begins with a letter, because its Services are named after it.',
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: [],
  check: ({ name, old }) =>
    old || name === undefined || new RegExp(label).test(name)
      ? []
      : [
          {
            field: 'metadata.name',
            reason: 'FieldValueInvalid',
            value: name,
            detail: `${labelDetail}"${nearest(name)}"`,
          },
        ],
  cel: [
    {
      on: [],
      rule: onCreation(`self.metadata.name.matches('${label}')`),
      messageExpression: `'${labelDetail}"' + (self.metadata.name.matches('^[a-z]') ? '' : 'etcd-') + self.metadata.name.split('.').join('-') + '"'`,
      fieldPath: '.metadata.name',
    },
  ],
};

export const nameRules: readonly Rule[] = [nameLength, nameLabel];
