import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Packages of which the image holds any file: tools/bundle.mjs writes the licence of each into LICENSES. */
function bundled(): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-bundle-'));
  try {
    execFileSync(process.execPath, ['tools/bundle.mjs', '--output', folder]);
    const text = readFileSync(join(folder, 'LICENSES'), 'utf8');
    const titles = text.split(/^-{80}\n\n/m).map((each) => /^(\S+) \S+ \(/.exec(each)?.[1] ?? '');
    return new Set(titles);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('docs/dependencies.md', function () {
  this.timeout(60_000);

  it('gives a reason and the true licence for every dependency, and for nothing else', () => {
    const { dependencies, devDependencies } = read('package.json');
    expect(documented('In the image')).to.deep.equal(declared(dependencies));
    expect(documented('For building and testing')).to.deep.equal(declared(devDependencies));
  });

  it('names nothing as in the image that is not in it, and nothing as left out that is', () => {
    const { dependencies = {}, devDependencies = {} } = read('package.json');
    const inside = bundled();
    expect(Object.keys(dependencies).filter((name) => !inside.has(name))).to.deep.equal([]);
    expect(Object.keys(devDependencies).filter((name) => inside.has(name))).to.deep.equal([]);
  });
});
