// Where things lie: binaries that outlive everything, and the state of running instances that `down` takes away whole.
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The cache of built binaries and images, outside any checkout, so that a fresh clone builds nothing twice. */
export function cacheDir(env: Environment = process.env): string {
  if (env['QUORATE_CACHE']) return env['QUORATE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] ?? homedir(), '.cache'), 'quorate');
}

/** One small folder a machine with what each instance is made of; on /run, so that a reboot forgets it as it should. */
export const stateRoot = '/run/quorate-localkube';

/** What an instance writes: logs, volumes, containerd roots. On a real disk, because image layers would fill /run. */
export const dataRoot = '/var/lib/quorate-localkube';

export const stateDir = (name: string): string => join(stateRoot, name);
export const dataDir = (name: string): string => join(dataRoot, name);
