import type { DeletionRule, Rule } from './rule.js';

const deletionProtected: DeletionRule = {
  id: 'deletion-protected',
  family: 'deletion',
  sentence: 'A cluster whose deletionProtection is Enabled is not deleted.',
  severity: 'refuse',
  where: ['webhook'],
  onDelete: (old) =>
    old.deletionProtection === 'Enabled'
      ? [
          {
            field: 'spec.deletionProtection',
            reason: 'FieldValueForbidden',
            detail: 'is Enabled; set it to Disabled before deleting this cluster',
          },
        ]
      : [],
};

export const deletionRules: readonly Rule[] = [deletionProtected];
