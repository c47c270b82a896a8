// Bundles the roles: node tools/bundle.mjs [--output DIR]   (default: dist)
// DIR/bin holds a small dispatcher and one file a role, so that the webhook never loads the controller's modules;
// DIR/LICENSES holds the licence texts of every package that went in.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = outputFrom(process.argv.slice(2));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const roles = ['webhook', 'controller'];

rmSync(output, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['main', ...roles].map((name) => `cmd/${name}.ts`),
  outdir: join(output, 'bin'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Identifiers keep their names: a stack trace from the image reads like the source.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { QUORATE_VERSION: JSON.stringify(version) },
  metafile: true,
  logLevel: 'warning',
  plugins: [rolesApart()],
});
writeFileSync(join(output, 'LICENSES'), licences(Object.keys(metafile.inputs)));
for (const file of Object.keys(metafile.outputs)) {
  const path = resolve(root, file);
  console.log(`${path.slice(output.length + 1).padEnd(20)} ${(statSync(path).size / 1e6).toFixed(2)} MB`);
}

/** The dispatcher's dynamic import of a role stays an import of that role's own bundle. */
function rolesApart() {
  return {
    name: 'roles-apart',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/(webhook|controller)\.js$/ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path: path.replace(/\.js$/, '.cjs'), external: true } : undefined,
      );
    },
  };
}

/** The licence text of each package that any bundled file comes from, and our own first. */
function licences(inputs) {
  const folders = inputs.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  const packages = [...new Set(folders.filter(Boolean))].sort();
  return ['.', ...packages].map(licence).join(`\n${'-'.repeat(80)}\n\n`);
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text}`;
}

function outputFrom([flag, value, ...rest]) {
  if (flag === undefined) return join(root, 'dist');
  if (flag === '--output' && value && rest.length === 0) return resolve(value);
  console.error('Usage: node tools/bundle.mjs [--output DIR]');
  process.exit(2);
}
