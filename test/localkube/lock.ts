// A lock between processes, held by a live process: a folder entry naming pid and start time, stale once that process is
// gone. flock(2) would be simpler, but Node has none.
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Start time of a process in clock ticks since boot (proc(5), field 22), or undefined when there is none. */
export function startTime(pid: number): string | undefined {
  try {
    return startTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * The same of the text of a stat file; undefined for one that has ended. A process whose first thread ended is a zombie, too, while its
 * other threads still live: killed, an API server held its port for a moment longer, and the next one died of it. Files are closed
 * when the last thread is gone.
 */
export function startTimeIn(stat: string): string | undefined {
  // The second field, the name, may hold spaces and parentheses: count from its last closing one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads] = [fields[0], Number(fields[17])];
  return state === 'Z' && threads <= 1 ? undefined : fields[19];
}

const identity = (pid: number): string => `${pid} ${startTime(pid) ?? ''}`;

function holder(path: string): { readonly text: string; readonly alive: boolean } | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const pid = Number(text.split(' ')[0]);
    return { text, alive: pid > 0 && startTime(pid) !== undefined && identity(pid) === text };
  } catch {
    return undefined;
  }
}

// Between the look and the removal somebody else may have removed the dead one's lock and taken it: moved aside, it can be
// looked at again, and put back.
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (holder(aside)?.alive === true) linkSync(aside, path);
  } catch {
    // Gone, or taken meanwhile.
  } finally {
    rmSync(aside, { force: true });
  }
}

function tryLock(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  try {
    // Made anew each time: whoever held the lock last may have removed the folder, being empty.
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(mine, identity(process.pid));
    // A hard link appears whole or not at all, so nobody reads a lock file that is still empty.
    linkSync(mine, path);
    return true;
  } catch {
    if (holder(path)?.alive === false) takeAway(path);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Runs `work` while holding the lock. `onWait` is told once, with the pid that holds it, if there is a wait; an abort ends the
 * wait, not the work.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  onWait?: (pid: string) => void,
  signal?: AbortSignal,
): Promise<T> {
  let told = false;
  while (!tryLock(path)) {
    signal?.throwIfAborted();
    const other = holder(path);
    if (other?.alive && !told) {
      told = true;
      onWait?.(other.text.split(' ')[0] ?? '?');
    }
    await sleep(other?.alive ? 200 : 5);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Removes the lock files of dead processes in a folder. */
export function removeStaleLocks(dir: string): void {
  for (const entry of existsSync(dir) ? readdirSync(dir) : []) {
    const path = join(dir, entry);
    if (/\.lock(\.\d+(\.stale)?)?$/.test(entry) && holder(path)?.alive === false) rmSync(path, { force: true });
  }
}
