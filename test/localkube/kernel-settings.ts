// The one setting of the machine that instances raise, and put back when the last of them goes.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateRoot } from './paths.js';

const setting = '/proc/sys/fs/inotify/max_user_instances';
const wanted = 1024;
const record = join(stateRoot, 'max_user_instances');

/**
 * A three-node instance holds some 40 inotify instances. The usual limit of 128 is for all processes of root together, and
 * whoever comes last fails with "too many open files", which says nothing about inotify. The caller holds the machine lock.
 */
export function raiseInotifyLimit(): void {
  const before = readFileSync(setting, 'utf8').trim();
  if (Number(before) >= wanted) return;
  mkdirSync(stateRoot, { recursive: true });
  if (!existsSync(record)) writeFileSync(record, before);
  writeFileSync(setting, String(wanted));
}

export function restoreInotifyLimit(): void {
  if (!existsSync(record)) return;
  writeFileSync(setting, readFileSync(record, 'utf8'));
  rmSync(record);
}
