// What the machine must offer. Each check says in one sentence what is missing and what to do without it.
import { run } from './exec.js';

export const instead = 'to use a cluster that exists already, pass --context NAME';

/** Namespaces, cgroups and containers are root's. */
export function requireRoot(): void {
  if (process.platform !== 'linux') throw new Error(`localkube runs on Linux only: ${instead}`);
  if (process.getuid?.() === 0) return;
  throw new Error(
    `localkube must run as root, because it makes network namespaces and control groups: use sudo, or, ${instead}`,
  );
}

const oldestGo = 26;

/** Modules ask for their own least version of Go; an older one that may fetch newer ones by itself will do. */
export async function requireGo(): Promise<void> {
  const ask = `install Go 1.${oldestGo} or newer, or, ${instead}`;
  const result = await run(['go', 'env', 'GOVERSION', 'GOTOOLCHAIN']);
  if (result.code !== 0) throw new Error(`Go is missing, and Kubernetes and etcd are built from source here: ${ask}`);
  const [version = '', toolchain = ''] = result.stdout.trim().split('\n');
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? oldestGo);
  if (minor < oldestGo && toolchain.startsWith('local')) {
    throw new Error(`Go is too old (${version}, and GOTOOLCHAIN=local forbids it to fetch a newer one): ${ask}`);
  }
}
