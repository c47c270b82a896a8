/** Builds the image from the Dockerfile on a machine without a container daemon: `tsx tools/image.ts [--output FILE]`. */
import { copyFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureImage } from './image/build.js';

const usage = `Usage: node --import tsx tools/image.ts [--output quorate.tar]

Builds the image from the Dockerfile with buildah, on base images made from Debian and npm packages (root, Debian).
Prints where its archive is, for docker load or ctr import; nothing is rebuilt that has not changed.
`;

async function main(argv: string[]): Promise<void> {
  const { values } = parseArgs({ args: argv, options: { output: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return void process.stdout.write(usage);
  const began = performance.now();
  const elapsed = (): string => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
  const { reference, archive } = await ensureImage((line) => console.log(`${elapsed()}  ${line}`));
  if (values.output !== undefined) copyFileSync(archive, values.output);
  const megabytes = (statSync(archive).size / 1e6).toFixed(0);
  console.log(`${elapsed()}  ${reference}, ${megabytes} MB: ${values.output ?? archive}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
