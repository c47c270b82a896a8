// The control groups of an instance: /lk-NAME in every hierarchy, with one group for the daemons and one a node below it.
// Everything that was ever started for the instance is in there, its pods included, whatever happened to the records.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const mountPoint = '/sys/fs/cgroup';

/** Version 2 alone, or version 1 with a folder for each controller (and maybe an empty version 2 beside it). */
export function isVersion2(): boolean {
  return existsSync(join(mountPoint, 'cgroup.controllers'));
}

// A version 2 beside version 1 has no controllers, but runc makes its groups there too.
function hierarchies(): readonly string[] {
  if (isVersion2()) return [mountPoint];
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(mountPoint));
}

const read = (path: string): string => readFileSync(path, 'utf8').trim();

// A cpuset of version 1 starts empty, and no task may enter an empty one: its parent's CPUs and memory nodes go in first.
function makeGroup(hierarchy: string, path: string): void {
  let current = hierarchy;
  for (const part of path.split('/')) {
    const parent = current;
    current = join(current, part);
    mkdirSync(current, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (!isVersion2() && existsSync(join(current, file)) && read(join(current, file)) === '') {
        writeFileSync(join(current, file), read(join(parent, file)));
      }
    }
    if (isVersion2()) delegate(parent);
  }
}

// Version 2: a child only has the controllers that its parent hands down.
function delegate(parent: string): void {
  const wanted = read(join(parent, 'cgroup.controllers'))
    .split(' ')
    .filter((name) => name !== '');
  writeFileSync(join(parent, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
}

export const rootGroup = (name: string): string => `lk-${name}`;
/** What the kubelet gets as cgroupRoot. */
export const nodeGroup = (name: string, node: string): string => `/${rootGroup(name)}/${node}`;

export function addGroups(name: string, nodes: readonly string[]): void {
  for (const hierarchy of hierarchies()) {
    for (const each of ['daemons', ...nodes]) makeGroup(hierarchy, join(rootGroup(name), each));
  }
}

/** The file that a daemon writes its own pid to before it becomes the daemon. */
export function daemonsFile(name: string): string {
  const hierarchy = isVersion2()
    ? mountPoint
    : (hierarchies().find((path) => path.endsWith('/pids')) ?? hierarchies()[0]);
  if (hierarchy === undefined) throw new Error('no cgroup hierarchy is mounted under /sys/fs/cgroup');
  return join(hierarchy, rootGroup(name), 'daemons', 'cgroup.procs');
}

function groupsBelow(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => groupsBelow(join(path, entry.name))), path];
}

function forEachGroup(name: string, act: (path: string) => void): void {
  for (const hierarchy of hierarchies()) {
    for (const path of groupsBelow(join(hierarchy, rootGroup(name)))) {
      try {
        act(path);
      } catch {
        // A group may vanish, or still be busy, while it is looked at; callers look again.
      }
    }
  }
}

/** Every process in the instance's groups. */
export function processesOf(name: string): readonly number[] {
  const pids = new Set<number>();
  forEachGroup(name, (path) => {
    for (const line of read(join(path, 'cgroup.procs')).split('\n')) if (Number(line) > 0) pids.add(Number(line));
  });
  return [...pids];
}

/** A frozen process does not die of a signal until it thaws. */
export function thaw(name: string): void {
  forEachGroup(name, (path) => {
    for (const [file, value] of [
      ['freezer.state', 'THAWED'],
      ['cgroup.freeze', '0'],
    ] as const) {
      if (existsSync(join(path, file))) writeFileSync(join(path, file), value);
    }
  });
}

/** Removes the groups; tells whether all are gone. A group stays busy for some ms after its last process died. */
export function removeGroups(name: string): boolean {
  forEachGroup(name, rmdirSync);
  return hierarchies().every((hierarchy) => !existsSync(join(hierarchy, rootGroup(name))));
}

/** Names of instances that still have groups. */
export function instancesWithGroups(): readonly string[] {
  const found = hierarchies().flatMap((path) => readdirSync(path).filter((entry) => entry.startsWith('lk-')));
  return [...new Set(found.map((entry) => entry.slice('lk-'.length)))];
}
