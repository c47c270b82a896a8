import { expect } from 'chai';
import { judge, setDefaults } from '../../../api/index.js';
import { rules } from '../../../api/rules/index.js';
import { celRefusals } from './cel.js';
import { context, objectsOf } from './cluster.js';
import { rows } from './rows/index.js';

const inCRD = new Set(
  rules.flatMap((rule) =>
    'where' in rule && rule.severity === 'refuse' && 'check' in rule && rule.where.includes('crd') ? [rule.id] : [],
  ),
);

/** What the webhook says, as the CRD says it: without the value that was sent and without what CEL cannot work out. */
const bare = (message: string): string => message.replace(/; nearest: [^;]*(?= \(rule )/, '');

describe('api: the CRD refuses what the webhook refuses', () => {
  for (const [family, table] of Object.entries(rows)) {
    describe(family, () => {
      // The API server does not run CEL on an object whose types are wrong.
      for (const row of table.filter(({ causes }) => !causes.some((cause) => cause.rule === 'schema'))) {
        it(row.title, () => {
          const { next, old } = objectsOf(row);
          const defaulted = setDefaults(next, old);
          const causes = judge(next, old, context(old ? 'UPDATE' : 'CREATE')).causes.filter((cause) =>
            inCRD.has(cause.rule),
          );
          const refusals = celRefusals(defaulted, old && setDefaults(old));
          expect(refusals.map(({ rule, field, reason }) => ({ rule, field, reason }))).to.deep.equal(
            causes.map(({ rule, field, reason }) => ({ rule, field, reason })),
          );
          for (const [index, { message }] of refusals.entries()) {
            const whole = causes[index]?.message ?? '';
            expect(whole.endsWith(message) || bare(whole).endsWith(message), `${whole}\n  CEL: ${message}`).to.equal(
              true,
            );
          }
        });
      }
    });
  }

  it('has a row for every rule that stands in the CRD', () => {
    const refused = new Set(
      Object.values(rows).flatMap((table) => table.flatMap((row) => row.causes.map((cause) => cause.rule))),
    );
    expect([...inCRD].filter((id) => !refused.has(id))).to.deep.equal(['bootstrap-unchanged']);
  });

  it('keeps how a cluster was born, once there is more than one way', () => {
    const born = (type: string) =>
      setDefaults({ spec: { size: 1, bootstrap: { strategy: 'Parallel', source: { type } } } });
    expect(celRefusals(born('Backup'), born('Empty'))).to.deep.equal([
      {
        rule: 'bootstrap-unchanged',
        field: 'spec.bootstrap.source.type',
        reason: 'FieldValueForbidden',
        message:
          'cannot be changed on an existing cluster, which is born already; keep "Empty" (rule bootstrap-unchanged)',
      },
    ]);
  });
});
