import { probesOf } from '../derived-fields.js';
import { equal, isObject } from '../json.js';
import type { RefusingRule, Rule } from './rule.js';

const kinds = ['readiness', 'liveness', 'startup'] as const;

const probesDerived: RefusingRule = {
  id: 'probes-derived',
  family: 'probes',
  sentence:
    'Probes are derived from the strategy, size, quota and TLS. Values that someone wrote are refused rather than silently replaced: a liveness probe that depends on quorum restarts the last members that still hold the data.',
  severity: 'refuse',
  where: ['webhook'],
  reads: kinds.map((kind) => `probes.${kind}`),
  check: ({ next }) => {
    const derived = isObject(next) ? probesOf(next) : undefined;
    return kinds
      .filter((kind) => next.probes?.[kind] !== undefined && !equal(next.probes[kind], derived?.[kind]))
      .map((kind) => ({
        field: `spec.probes.${kind}`,
        reason: 'FieldValueForbidden',
        detail: `is derived by the operator; leave it out, and set probes.strategy to Auto or Readyz to choose how members are probed`,
        reads: [`probes.${kind}`],
      }));
  },
};

export const probeRules: readonly Rule[] = [probesDerived];
