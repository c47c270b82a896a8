// Takes an instance down to nothing, from its records where there are any and from the names of things where there are not.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { eventually } from '../support/poll.js';
import * as cgroups from './cgroups.js';
import { must } from './exec.js';
import { restoreInotifyLimit } from './kernel-settings.js';
import { removeStaleLocks } from './lock.js';
import { namespacesOf, removeIfEmpty, removeNetwork } from './network.js';
import { networkPlan } from './network-plan.js';
import { dataDir, dataRoot, stateDir, stateRoot } from './paths.js';
import { isAlive, killAll, processesInNetns, recorded } from './processes.js';
import { forget, instanceNames, readInstance, withMachineLock } from './state.js';

/** Folders that daemons make outside their own and that nobody misses when they are empty. */
const strayFolders = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers', '/var/log/pods'];

/** Whether anything at all of the instance is left. */
export function anyTrace(name: string): boolean {
  return (
    existsSync(stateDir(name)) ||
    existsSync(dataDir(name)) ||
    namespacesOf(name).length > 0 ||
    cgroups.instancesWithGroups().includes(name)
  );
}

async function killEverything(name: string): Promise<void> {
  cgroups.thaw(name);
  const records = recorded(name);
  await killAll(async () => {
    const strays = await processesInNetns(namespacesOf(name));
    const known = records.filter(isAlive).map((process) => process.pid);
    return [...new Set([...cgroups.processesOf(name), ...strays, ...known])];
  });
}

/** Mount points below a folder, deepest first. Paths in mountinfo escape spaces, which ours do not have. */
function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

// Removing a folder through a mount would empty what is mounted there: better to stop.
async function removeFolder(folder: string): Promise<void> {
  for (const path of mountsBelow(folder)) await must(['umount', '--lazy', path]);
  const left = mountsBelow(folder);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Idempotent; may be called at any point of a half-made or half-removed instance. The caller holds the instance's lock. */
export async function tearDown(name: string): Promise<void> {
  await killEverything(name);
  await eventually(
    `control groups of ${name} to go`,
    10_000,
    async () => {
      return cgroups.removeGroups(name) ? { done: true, value: undefined } : { done: false, seen: 'busy' };
    },
    10,
  );
  const instance = readInstance(name);
  const hostLink = instance === undefined ? undefined : networkPlan(name, instance.index, 0).hostLink;
  await withMachineLock(() => removeNetwork(namespacesOf(name), hostLink));
  await removeFolder(dataDir(name));
  // Last: as long as the record is there, an interrupted teardown is found and taken up again.
  forget(name);
}

/** Removes what several instances share, once there is none. The caller holds no instance's lock. */
export async function removeShared(): Promise<void> {
  if (instanceNames().length === 0) {
    await withMachineLock(async () => {
      if (instanceNames().length === 0) restoreInotifyLimit();
    });
  }
  removeStaleLocks(stateRoot);
  removeIfEmpty(dataRoot);
  removeIfEmpty(stateRoot);
  if (existsSync(stateRoot)) return;
  for (const folder of strayFolders) removeIfEmpty(folder);
}
