/** The image's sources: exactly what .dockerignore lets into the build. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A hash of every file that the image is built from, its name included; stable across machines and checkouts. */
export function sourcesHash(root: string, alsoMadeFrom: string): string {
  const hash = createHash('sha256').update(alsoMadeFrom);
  for (const file of ['Dockerfile', '.dockerignore', ...imageSources(root)]) {
    const content = readFileSync(join(root, file));
    hash.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

export function imageSources(root: string): string[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const admitted = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  return admitted.flatMap((path) => filesBelow(root, path)).sort();
}

function filesBelow(root: string, path: string): string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, join(path, name)));
}
