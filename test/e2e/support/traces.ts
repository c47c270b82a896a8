/** What an instance of localkube leaves on this machine: nothing, once it is down. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir, stateDir } from '../../localkube/paths.js';
import { eventually } from '../../support/poll.js';

export const lines = (path: string): readonly string[] => readFileSync(path, 'utf8').split('\n');
export const orNothing = <T>(read: () => T, nothing: T): T => {
  try {
    return read();
  } catch {
    return nothing;
  }
};

function groupsBelow(path: string): readonly string[] {
  const entries = orNothing(() => readdirSync(path, { withFileTypes: true }), []);
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => [join(path, entry.name), ...groupsBelow(join(path, entry.name))]);
}

/** Everything of the machine that bears the instance's name, and the settings that an instance changes. */
export function traces(of: string): Readonly<Record<string, readonly string[]>> {
  const mine = (text: string): boolean => new RegExp(`lk-${of}\\b|quorate-localkube/${of}\\b`).test(text);
  const read = (pid: string, file: string): string => orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), '');
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && ['cmdline', 'cgroup'].some((file) => mine(read(pid, file))))
    .map((pid) => `${pid} ${read(pid, 'stat').split(' ')[2] ?? ''} ${read(pid, 'cmdline').replaceAll('\0', ' ')}`);
  return {
    namespaces: orNothing(() => readdirSync('/run/netns'), []).filter(mine),
    mounts: lines('/proc/self/mountinfo').filter(mine),
    groups: groupsBelow('/sys/fs/cgroup').filter(mine),
    processes,
    folders: [stateDir(of), dataDir(of), `/etc/netns/lk-${of}`].filter((path) => existsSync(path)),
    settings: ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'net/ipv4/ip_forward'].flatMap(
      (setting) => `${setting}=${readFileSync(`/proc/sys/${setting}`, 'utf8').trim()}`,
    ),
  };
}

/** What ended may stay in the list of processes until its new parent has looked. */
export async function leftNothing(of: string, bare: ReturnType<typeof traces>): Promise<void> {
  await eventually(`nothing of ${of} to be left`, 5000, async () => {
    const seen = traces(of);
    return JSON.stringify(seen) === JSON.stringify(bare) ? { done: true, value: undefined } : { done: false, seen };
  });
}
