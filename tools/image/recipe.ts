/** What the local base images are made of: their cache key is a hash of this. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const recipe = {
  /** The Debian release behind both base images of the Dockerfile. */
  suite: 'bookworm',
  /** The packages whose files the runtime base holds, as distroless/cc does. */
  runtimePackages: ['base-files', 'libc6', 'gcc-12-base', 'libgcc-s1', 'libstdc++6'],
  node: '24.21.0',
  npm: '11.21.2',
} as const;

/** The names in the Dockerfile's FROM lines, in full. */
export const baseNames = {
  build: 'docker.io/library/node:24-bookworm-slim',
  runtime: 'gcr.io/distroless/cc-debian12:nonroot',
} as const;

export const basesScript = new URL('bases.sh', import.meta.url).pathname;

/** Changes when the bases would come out differently. */
export function recipeKey(): string {
  return createHash('sha256')
    .update(JSON.stringify([recipe, baseNames, process.arch]))
    .update(readFileSync(basesScript))
    .digest('hex')
    .slice(0, 12);
}
