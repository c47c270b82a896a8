// Takes instances down: one by name, or all with whatever crashed ones left.
import { readdirSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './builder.js';
import { instancesWithGroups } from './cgroups.js';
import { requireRoot } from './machine.js';
import { removeIfEmpty } from './network.js';
import { cacheDir, dataRoot } from './paths.js';
import { instanceNames, withInstanceLock } from './state.js';
import { removeShared, tearDown } from './teardown.js';

/** Leaves nothing of the instance behind; nothing to do is no error. */
export async function down(name: string, log: Log = () => undefined): Promise<void> {
  requireRoot();
  await withInstanceLock(name, { log }, () => tearDown(name));
  await removeShared();
}

/** Every instance of which there is a trace, recorded or not. */
export function traces(): readonly string[] {
  const folders = existsSync(dataRoot) ? readdirSync(dataRoot) : [];
  const netns = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const named = netns.map((entry) => /^lk-(.+?)(-node\d+)?$/.exec(entry)?.[1] ?? '').filter((name) => name !== '');
  return [...new Set([...instanceNames(), ...folders, ...named, ...instancesWithGroups()])].sort();
}

export interface CleanOptions {
  /** None: every instance of which there is a trace. */
  readonly names: readonly string[];
  readonly cache: boolean;
}

export async function clean({ names, cache }: CleanOptions, log: Log): Promise<void> {
  for (const name of names.length > 0 ? names : traces()) {
    await down(name, log);
    log(`${name} is gone`);
  }
  await removeShared();
  if (!cache) return;
  const dir = cacheDir();
  // By the shape of their names: the folder is the user's to choose, and may hold more than ours.
  for (const entry of existsSync(dir) ? readdirSync(dir) : []) {
    if (/-[0-9a-f]{12}(\.lock|\.partial)?$/.test(entry)) rmSync(join(dir, entry), { recursive: true, force: true });
  }
  removeIfEmpty(dir);
  log(`the cache in ${dir} is empty`);
}
