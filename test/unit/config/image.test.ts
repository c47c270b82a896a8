import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { baseNames } from '../../../tools/image/recipe.js';

interface Package {
  readonly version: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}
const { version, dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Package;

describe('Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');

  it('starts from the base images that can be made here', () => {
    const from = lines.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    const short = (name: string): string => name.replace('docker.io/library/', '');
    expect(from).to.deep.equal([short(baseNames.build), short(baseNames.runtime)]);
  });

  it('names the tag of this version', () => {
    expect(lines[0]).to.include(`ghcr.io/quorate/quorate:${version} `);
  });

  it('ends as a user without rights', () => {
    expect(lines.filter((line) => line.startsWith('USER '))).to.deep.equal(['USER 65532:65532']);
  });
});

describe('the bundle', function () {
  this.timeout(60_000);
  let folder: string;
  const quorate = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'bin/main.cjs'), ...args], { encoding: 'utf8', cwd: tmpdir() });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-bundle-'));
    execFileSync(process.execPath, ['tools/bundle.mjs', '--output', folder]);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('holds one file a role and the licences', () => {
    expect(readdirSync(folder)).to.deep.equal(['LICENSES', 'bin']);
    expect(readdirSync(join(folder, 'bin'))).to.deep.equal(['controller.cjs', 'main.cjs', 'webhook.cjs']);
    expect(readFileSync(join(folder, 'LICENSES'), 'utf8')).to.match(/^express \d[\d.]* \(MIT\)$/m);
  });

  it('holds every package that docs/dependencies.md names as in the image, and none that it names as left out', () => {
    // tools/bundle.mjs writes the licence of each package of which the image holds any file.
    const text = readFileSync(join(folder, 'LICENSES'), 'utf8');
    const inside = new Set(text.split(/^-{80}\n\n/m).map((each) => /^(\S+) \S+ \(/.exec(each)?.[1] ?? ''));
    expect(Object.keys(dependencies).filter((name) => !inside.has(name))).to.deep.equal([]);
    expect(Object.keys(devDependencies).filter((name) => inside.has(name))).to.deep.equal([]);
  });

  it('knows its version', () => {
    expect(quorate('--version').stdout).to.equal(`${version}\n`);
  });

  for (const role of ['webhook', 'controller']) {
    it(`runs the ${role} without node_modules`, () => {
      const { status, stdout, stderr } = quorate(role, '--help');
      expect(`${stderr}${stdout}`).to.match(new RegExp(`^Usage: quorate ${role} `));
      expect(status).to.equal(0);
    });
  }

  it('says which roles there are when asked for another', () => {
    const { status, stderr } = quorate('operator');
    expect(stderr).to.match(/^quorate: no role "operator"\n/).and.include('webhook').and.include('controller');
    expect(status).to.equal(2);
  });
});
