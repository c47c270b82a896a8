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

export async function requireGo(): Promise<void> {
  const result = await run(['go', 'version']);
  if (result.code === 0) return;
  throw new Error(
    `Go is missing, and Kubernetes and etcd are built from source here: install Go 1.26 or newer, or, ${instead}`,
  );
}
