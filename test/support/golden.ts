import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';

const folder = join(import.meta.dirname, '../golden');

/** Compares with test/golden/PATH; with QUORATE_UPDATE_GOLDEN=1 writes it instead. */
export async function golden(path: string, actual: string): Promise<void> {
  const file = join(folder, path);
  if (process.env['QUORATE_UPDATE_GOLDEN'] === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, actual);
  }
  expect(actual).to.equal(await readFile(file, 'utf8'));
}

/** Several causes in the order of their fields: the API server walks maps, and lists them in another order each time. */
export function sortedCauses(printed: string): string {
  const lines = printed.trimEnd().split('\n');
  const causes = lines.filter((line) => line.startsWith('* ')).sort();
  return lines.map((line) => (line.startsWith('* ') ? causes.shift() : line.trimEnd())).join('\n');
}
