import { unchanged, type Rule } from './rule.js';

const bootstrapUnchanged = unchanged(
  {
    id: 'bootstrap-unchanged',
    family: 'identity',
    sentence: 'How a cluster is born cannot be changed after its birth; make a new cluster to be born in another way.',
    because: ', which is born already',
  },
  ['bootstrap.strategy', 'bootstrap.source.type'],
);

const domainUnchanged = unchanged(
  {
    id: 'cluster-domain-unchanged',
    family: 'identity',
    sentence: 'The DNS domain of a cluster stays as it was: members know each other by names that end in it.',
    because: '',
  },
  ['clusterDomain'],
);

export const identityRules: readonly Rule[] = [bootstrapUnchanged, domainUnchanged];
