/**
 * Writes everything that is derived from the one source of the kinds: static types, CRDs and reference documents.
 * `--check` writes nothing, names what is stale and exits 1.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generated } from './generate/outputs.js';

const root = join(import.meta.dirname, '..');

async function stored(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function main(check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [path, text] of await generated()) {
    if ((await stored(path)) === text) continue;
    stale.push(path);
    if (check) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const path of stale) console.log(check ? `stale: ${path} (npm run generate)` : `written: ${path}`);
  return check && stale.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.includes('--check'));
