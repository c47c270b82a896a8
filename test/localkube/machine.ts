// What the machine must offer. Each check says in one sentence what is missing and what to do without it.
import { run } from './exec.js';

export const instead = '`npm run demo -- --context NAME` uses a cluster that you have, and `npm run check` needs none';

interface Caller {
  readonly platform: NodeJS.Platform;
  readonly uid: number | undefined;
}

/** Namespaces, cgroups and containers are root's. */
export function requireRoot({ platform, uid }: Caller = { platform: process.platform, uid: process.getuid?.() }): void {
  if (platform !== 'linux') throw new Error(`localkube runs on Linux only; ${instead}`);
  if (uid === 0) return;
  throw new Error(
    `localkube must run as root, because it makes network namespaces and control groups: use sudo, or else ${instead}`,
  );
}

const oldestGo = 26;

/** Modules ask for their own least version of Go; an older one that may fetch newer ones by itself will do. */
export async function requireGo(ask: typeof run = run): Promise<void> {
  const advice = `install Go 1.${oldestGo} or newer, or else ${instead}`;
  const result = await ask(['go', 'env', 'GOVERSION', 'GOTOOLCHAIN']);
  if (result.code !== 0)
    throw new Error(`Go is missing, and Kubernetes and etcd are built from source here: ${advice}`);
  const [version = '', toolchain = ''] = result.stdout.trim().split('\n');
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? oldestGo);
  if (minor < oldestGo && toolchain.startsWith('local')) {
    throw new Error(`Go is too old (${version}, and GOTOOLCHAIN=local forbids it to fetch a newer one): ${advice}`);
  }
}
