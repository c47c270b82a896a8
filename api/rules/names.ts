import type { RefusingRule, Rule } from './rule.js';

const longest = 52;
const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const lengthDetail = `must be at most ${longest} characters: the names of pods, Services and revisions are made from it`;
const labelDetail =
  'must be a DNS label that begins with a letter (lowercase letters, digits and "-"), as Services are named after it';

/** Both rules hold for it: one that is refused by the other would be of no use. */
function nearestName(name: string): string {
  // Cut first: a name from anywhere can be megabytes long.
  const letters = name
    .slice(0, 2 * longest)
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '');
  const whole = /^[a-z]/.test(letters) ? letters : `etcd-${letters}`;
  return whole.slice(0, longest).replace(/-+$/, '');
}

/** A name never changes, so only the creation of an object is asked: one that exists stays editable. */
const onCreation = (condition: string): string => `oldSelf.hasValue() || ${condition}`;

const nameLength: RefusingRule = {
  id: 'name-length',
  family: 'names',
  sentence: `The name of a cluster has at most ${longest} characters, so that the names of its pods, Services and revisions fit into 63.`,
  severity: 'refuse',
  where: ['crd', 'webhook', 'guard'],
  reads: [],
  check: ({ name, old }) =>
    old || name === undefined || name.length <= longest
      ? []
      : [
          {
            field: 'metadata.name',
            reason: 'FieldValueInvalid',
            value: name,
            detail: lengthDetail,
            nearest: nearestName(name),
          },
        ],
  cel: [
    {
      on: [],
      rule: onCreation(`size(self.metadata.name) <= ${longest}`),
      message: lengthDetail,
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
    old || name === undefined || label.test(name)
      ? []
      : [
          {
            field: 'metadata.name',
            reason: 'FieldValueInvalid',
            value: name,
            detail: labelDetail,
            nearest: nearestName(name),
          },
        ],
  cel: [
    {
      on: [],
      rule: onCreation(`self.metadata.name.matches('${label.source}')`),
      message: labelDetail,
      fieldPath: '.metadata.name',
    },
  ],
};

export const nameRules: readonly Rule[] = [nameLength, nameLabel];
