import { expect } from 'chai';
import { judge, setDefaults } from '../../../api/index.js';
import { context, objectsOf } from './cluster.js';
import { rows } from './rows/index.js';

describe('api: what admission answers', () => {
  for (const [family, table] of Object.entries(rows)) {
    describe(family, () => {
      for (const row of table) {
        it(row.title, () => {
          const { next, old } = objectsOf(row);
          const verdict = judge(next, old, context(old ? 'UPDATE' : 'CREATE'));
          expect(verdict.causes).to.deep.equal(row.causes);
          // The webhook that fills in the defaults judges after that.
          const filled = judge(setDefaults(next, old), old, context(old ? 'UPDATE' : 'CREATE'));
          expect(filled, 'with its defaults filled in').to.deep.equal(verdict);
          const hasSchemaCause = row.causes.some((cause) => cause.rule === 'schema');
          if (!hasSchemaCause) expect(verdict.warnings).to.deep.equal(row.warnings ?? []);
        });
      }
    });
  }
});
