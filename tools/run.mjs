// What every npm script calls. Plain JavaScript without dependencies: it works before `npm ci` was ever run, and runs it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const results = join(root, 'artifacts', 'results.jsonl');
const minute = 60_000;
const children = new Set();

// A suite is a folder of mocha tests; its budget is the number of minutes after which it is stopped and counts as failed.
// Those of `apart` run meanwhile in a mocha of their own: they are about half of the time.
const suites = {
  unit: {
    spec: ['build/test/unit/**/*.test.js'],
    apart: ['build/test/unit/webhook/**/*.test.js', 'build/test/unit/cmd/**/*.test.js'],
    compiled: true,
    minutes: 8,
  },
  integration: { spec: ['test/integration/**/*.test.ts'], binaries: true, minutes: 25 },
  faults: { spec: ['test/faults/*.test.ts'], binaries: true, minutes: 30 },
  e2e: { spec: ['test/e2e/*.test.ts'], binaries: true, minutes: 35 },
  'e2e:full': {
    spec: ['test/e2e/*.test.ts', 'test/e2e/full/**/*.test.ts', 'test/faults/full/**/*.test.ts'],
    binaries: true,
    minutes: 240,
  },
};

const commands = {
  test: { run: runAll, takes: 'nothing', help: 'check, unit, integration and e2e: everything a change must pass' },
  check: {
    run: async () => report(await check()),
    takes: 'nothing',
    help: 'format, lint, types, generated files and unit tests',
  },
  unit: { run: async (args) => report([...(await compile()), await suite('unit', args)]), help: 'unit tests alone' },
  integration: {
    run: async (args) => report([await suite('integration', args)]),
    help: 'tests against a real API server and real etcd processes',
  },
  faults: {
    run: async (args) => report([await suite('faults', args)]),
    help: 'the operator killed at a sample of its effects, or its reply lost (e2e:full has all of them)',
  },
  e2e: { run: async (args) => report([await suite('e2e', args)]), help: 'tests on real kubelets' },
  'e2e:full': {
    run: async (args) => report([await suite('e2e:full', args)]),
    help: 'e2e with all that is too long for every run',
  },
  bench: {
    helpsItself: true,
    run: (args) => script('test/bench/main.ts', args),
    help: 'performance, as ratios against a raw baseline',
  },
  demo: {
    helpsItself: true,
    run: (args) => script('test/demo/main.ts', args),
    help: 'the main job on a real three-node Kubernetes',
  },
  generate: {
    run: (args) => script('tools/generate.ts', args),
    help: 'types, CRD and references from the schema (--check: fail when stale)',
  },
  localkube: {
    helpsItself: true,
    run: (args) => script('test/localkube/main.ts', args),
    help: 'a real Kubernetes on this machine',
  },
  format: {
    run: async () => exitWith(await run('prettier', ['--write', '--log-level', 'warn', '.'])),
    help: 'rewrite the sources in the house style',
  },
};

async function main([name = 'help', ...args]) {
  const command = commands[name];
  if (!command || (asksForHelp(args) && !command.helpsItself)) {
    const rows = Object.entries(commands).map(([key, { help }]) => `  npm run ${key.padEnd(12)} ${help}`);
    console.log(`Usage: npm run COMMAND [-- OPTIONS]\n\n${rows.join('\n')}\n\n${suiteOptions}`);
    process.exit(command || ['help', '--help'].includes(name) ? 0 : 2);
  }
  if (args.length > 0 && command.takes === 'nothing') {
    console.error(`npm run ${name} takes no options, not "${args.join(' ')}"; one file: npm run unit -- FILE.test.js`);
    process.exit(2);
  }
  requireNode();
  dependencies();
  await command.run(args);
}

const asksForHelp = (args) => args.includes('--help') || args.includes('-h');
const suiteOptions = `unit, integration, faults, e2e and e2e:full take FILE.test.ts and mocha's own options (--grep WORDS, --bail).
generate takes --check; bench, demo and localkube tell their own options with --help.`;

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Node ${process.versions.node} is too old: Quorate needs Node 20.19 or newer (the image ships Node 24).`,
  );
  nothingRan(2);
}

/** Whoever reads the last line reads a failure there, and never the end of something else. */
function nothingRan(code) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(code);
}

/**
 * Installs the exact lockfile when node_modules is absent or was made from another one. Only one process at a time: two installs into
 * one folder leave half of each.
 */
function dependencies() {
  const hash = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const stamp = 'node_modules/.quorate-lock';
  const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (isInstalled()) return;
  const release = claimInstall();
  try {
    if (isInstalled()) return;
    console.log('Installing dependencies (npm ci --ignore-scripts) …');
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { stdio: 'inherit' });
    if (status === 0) return writeFileSync(stamp, hash);
  } finally {
    release();
  }
  console.error('npm ci failed: is the npm registry reachable? `npm ping` tells.');
  nothingRan(1);
}

/** Waits for another process that installs; a claim whose process is gone is nobody's. */
function claimInstall() {
  const claim = '.installing';
  for (;;) {
    try {
      writeFileSync(claim, String(process.pid), { flag: 'wx' });
      return () => rmSync(claim, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readFileSync(claim, 'utf8')) || 0;
    if (owner > 0 && !existsSync(`/proc/${owner}`)) rmSync(claim, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

/**
 * Runs one of the tools in node_modules/.bin (or node itself) and resolves with its exit code. What it says is shown as it is said; or with
 * `quiet` only when it failed; or with `until`, a promise, whole when that has resolved.
 */
function run(tool, args, { limit = 0, env = {}, quiet = false, until } = {}) {
  return new Promise((resolve) => {
    const binary = tool === 'node' ? process.execPath : join(root, 'node_modules/.bin', tool);
    const stdio = quiet || until ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(binary, args, { stdio, env: { ...process.env, ...env } });
    children.add(child);
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    const timer = limit && setTimeout(() => overdue(tool, child, limit), limit);
    child.on('error', (error) => {
      console.error(`${tool}: ${error.message}`);
      resolve(1);
    });
    child.on('close', async (code, signal) => {
      children.delete(child);
      clearTimeout(timer);
      await until;
      if (until || (quiet && code !== 0)) process.stdout.write(output);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}

function overdue(tool, child, limit) {
  console.error(`${tool} is still running after its budget of ${limit / minute} minutes: stopping it`);
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 60_000).unref();
}

async function script(file, args) {
  exitWith(await run('node', ['--import', 'tsx', file, ...args]));
}

function exitWith(code) {
  process.exitCode = code;
}

const compile = async () => [await step('types', 'tsc', ['-p', '.'])];

/** One check that is not a mocha test: silent when it passes, one failure when it does not. */
async function step(name, tool, args) {
  const started = Date.now();
  const code = await run(tool, args, { quiet: true });
  console.log(`${code === 0 ? '✔' : '✖'} ${name} (${seconds(started)})`);
  return { name, passes: 0, failures: code === 0 ? 0 : 1, pending: 0 };
}

async function check() {
  const steps = await Promise.all([
    step('format', 'prettier', [
      '--check',
      '--cache',
      '--cache-location',
      'build/.prettier',
      '--log-level',
      'warn',
      '.',
    ]),
    step('lint', 'eslint', ['--cache', '--cache-location', 'build/.eslint', '.']),
    step('types', 'tsc', ['-p', '.']),
    step('generated', 'node', ['--import', 'tsx', 'tools/generate.ts', '--check']),
  ]);
  return [...steps, await suite('unit', [])];
}

/** Runs a suite in a mocha of its own; its counts come from mocha's own results. */
async function suite(name, args) {
  const { spec, apart, compiled, binaries, minutes } = suites[name];
  if (binaries && !(await built())) return { name, passes: 0, failures: 1, pending: 0 };
  mkdirSync('artifacts', { recursive: true });
  rmSync(results, { force: true });
  const started = Date.now();
  if (compiled) forgetRemoved('build/test', 'test');
  // Not mocha's own --parallel: it gives its workers a second to end, and one that has not written its coverage by then is killed.
  const parts =
    apart && args.length === 0
      ? [[...spec, ...apart.flatMap((glob) => ['--ignore', glob])], apart]
      : [[...(specOf(args) ?? spec), ...withoutSpec(args)]];
  // In the compiled suite mocha needs no loader, and coverage is exact. Elsewhere the loader is given to node itself: with a node-option
  // mocha runs its tests in a process of its own, which would outlive a budget that ends the first.
  const loader = compiled ? [] : ['--import', 'tsx'];
  const env = { QUORATE_RESULTS: results, ...(compiled && { NODE_V8_COVERAGE: join(root, 'coverage/tmp') }) };
  if (compiled) rmSync('coverage/tmp', { recursive: true, force: true });
  const mocha = (part, until) => {
    const color = until && process.stdout.isTTY ? ['--color'] : [];
    const mochaArgs = ['node_modules/mocha/bin/mocha.js', '--config', '.mocharc.compiled.yaml', ...color, ...part];
    return run('node', [...loader, ...mochaArgs], { limit: minutes * minute, env, until });
  };
  const first = mocha(parts[0]);
  const codes = await Promise.all([first, ...parts.slice(1).map((part) => mocha(part, first))]);
  const { lines, ...counted } = readResults();
  // No results (a process died, or a hook before the first test did) is a failure, never a silence.
  const isWhole = lines === parts.length && counted.passes > 0 && codes.every((code) => code === 0);
  if (counted.failures === 0 && !isWhole) counted.failures = 1;
  if (compiled && (await run('c8', ['report', '--config', '.c8rc.json'])) !== 0) counted.failures += 1;
  console.log(
    `${name}: ${counted.passes} passed, ${counted.failures} failed, ${counted.pending} skipped (${seconds(started)})`,
  );
  return { name, ...counted };
}

let building;

/**
 * Whether the binaries of the real Kubernetes and etcd are there, compiled at the first call. On a bare machine that takes longer than the
 * suites themselves, so it has a budget of its own.
 */
function built() {
  building ??= run('node', ['--import', 'tsx', 'test/localkube/main.ts', 'build'], { limit: 45 * minute });
  return building.then((code) => code === 0);
}

const isSpec = (argument) => /\.test\.[jt]s$/.test(argument);
const specOf = (args) => (args.some(isSpec) ? args.filter(isSpec) : undefined);
const withoutSpec = (args) => args.filter((argument) => !isSpec(argument));

/** Compiled files whose source is gone would be tested for ever. */
function forgetRemoved(compiled, source) {
  if (!existsSync(compiled)) return;
  for (const entry of readdirSync(compiled, { withFileTypes: true })) {
    const from = join(compiled, entry.name);
    if (entry.isDirectory()) forgetRemoved(from, join(source, entry.name));
    else if (entry.name.endsWith('.js') && !existsSync(join(source, entry.name.replace(/\.js$/, '.ts')))) rmSync(from);
  }
}

function readResults() {
  const text = existsSync(results) ? readFileSync(results, 'utf8') : '';
  // A process that was killed may have left half a line.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean);
  const total = { passes: 0, failures: 0, pending: 0 };
  for (const line of lines) for (const key of Object.keys(total)) total[key] += JSON.parse(line)[key];
  return { ...total, lines: lines.length };
}

async function runAll() {
  const started = Date.now();
  const all = [...(await check())];
  for (const name of ['integration', 'e2e']) all.push(await suite(name, []));
  console.log(`total time ${seconds(started)}`);
  report(all);
}

function report(parts) {
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  for (const part of parts) if (part.failures > 0) console.log(`failed: ${part.name}`);
  process.exitCode = sum('failures') > 0 || sum('pending') > 0 ? 1 : 0;
  console.log(`${sum('passes')} passed, ${sum('failures')} failed, ${sum('pending')} skipped`);
}

const seconds = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

// A terminal sends Ctrl-C to the whole process group; a plain kill reaches only this process, so it is passed on.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (signal === 'SIGTERM') for (const child of children) child.kill(signal);
  });
}
await main(process.argv.slice(2));
