/** `npm run bench [-- webhook|lifecycle]`: performance as ratios against a raw baseline of the same run. Prints Markdown. */
import { cpus, release, totalmem } from 'node:os';

const parts: Readonly<Record<string, () => Promise<{ run(): Promise<string> }>>> = {
  webhook: () => import('./webhook.js'),
  lifecycle: () => import('./lifecycle.js'),
};

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
    const [cpu] = cpus();
    const memory = Math.round(totalmem() / 2 ** 30);
    console.log(`${cpus().length} × ${cpu?.model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}\n`);
    for (const name of wanted.length > 0 ? wanted : Object.keys(parts))
      console.log(await (await parts[name]?.())?.run());
  }
}
