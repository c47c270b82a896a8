/** `npm run bench [-- webhook|lifecycle]`: performance as ratios against a raw baseline of the same run. Prints Markdown. */
import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const parts: Readonly<Record<string, () => Promise<{ run(): Promise<string> }>>> = {
  webhook: () => import('./webhook.js'),
  lifecycle: () => import('./lifecycle.js'),
};

/** What the figures rest on: command, commit, machine. */
async function head(command: string): Promise<string> {
  const git = (...args: string[]): Promise<string> =>
    promisify(execFile)('git', args).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  const [commit, changes] = [await git('rev-parse', '--short=12', 'HEAD'), await git('status', '--porcelain')];
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    '# Benchmarks\n',
    `\`${command}\` at commit ${commit || 'unknown'}${changes === '' ? '' : ', with changes'}, ${new Date().toISOString().slice(0, 10)}, on`,
    `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}. The load comes from the`,
    'same machine. What counts are ratios to the baseline of the same run.\n',
  ].join('\n');
}

const wanted = process.argv.slice(2);
if (wanted.includes('--help')) {
  console.log(
    `Usage: npm run bench [-- ${Object.keys(parts).join('|')}]\n\nWithout a name all of them, one after the other.`,
  );
} else {
  const unknown = wanted.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    console.error(`no benchmark "${unknown}"; there are ${Object.keys(parts).join(' and ')}`);
    process.exitCode = 2;
  } else {
    console.log(await head(['npm run bench', ...(wanted.length > 0 ? ['--', ...wanted] : [])].join(' ')));
    for (const name of wanted.length > 0 ? wanted : Object.keys(parts))
      console.log(await (await parts[name]?.())?.run());
  }
}
