import { readFileSync } from 'node:fs';
import { expect } from 'chai';

interface Package {
  readonly license?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}
const read = (file: string): Package => JSON.parse(readFileSync(file, 'utf8')) as Package;

/** "name: licence" of each row under a heading; a row may name several packages. */
function documented(heading: string): string[] {
  const text = readFileSync('docs/dependencies.md', 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)].slice(1);
  return rows.flatMap(([, names = '', licence = '']) => names.split(', ').map((name) => `${name}: ${licence}`)).sort();
}

const declared = (packages: Record<string, string> = {}): string[] =>
  Object.keys(packages)
    .map((name) => `${name}: ${read(`node_modules/${name}/package.json`).license}`)
    .sort();

describe('docs/dependencies.md', () => {
  it('gives a reason and the true licence for every dependency, and for nothing else', () => {
    const { dependencies, devDependencies } = read('package.json');
    expect(documented('In the image')).to.deep.equal(declared(dependencies));
    expect(documented('For building and testing')).to.deep.equal(declared(devDependencies));
  });
});
