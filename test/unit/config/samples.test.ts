import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { judge, setDefaults } from '../../../api/index.js';
import { documents } from '../../support/manifests.js';

const folder = 'config/samples';
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('config/samples', () => {
  it('shows one member, three members, and a debug sidecar', () => {
    expect(files).to.deep.equal(['development.yaml', 'production.yaml', 'single.yaml']);
  });

  for (const file of files) {
    it(`${file} is accepted without a warning`, () => {
      const [sample, ...more] = documents(join(folder, file));
      expect(more).to.deep.equal([]);
      const context = { now: 0, operation: 'CREATE', place: 'webhook' } as const;
      expect(judge(setDefaults(sample), undefined, context)).to.deep.equal({ causes: [], warnings: [] });
    });
  }
});
