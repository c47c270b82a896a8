import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** The operator as one file, as it is in the image: hundreds of starts should not each translate its sources. Gives the file's path. */
export async function bundleController(folder: string): Promise<string> {
  const outfile = join(folder, 'bin/controller.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/faults/controller-main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
  return outfile;
}
