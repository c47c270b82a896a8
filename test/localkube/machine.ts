// What the machine must offer. Each check says in one sentence what is missing and what to do without it.
import { run } from './exec.js';

const instead = 'to use a cluster that exists already, pass --context NAME';

export async function requireGo(): Promise<void> {
  const result = await run(['go', 'version']);
  if (result.code !== 0) {
    throw new Error(`Go is missing, and Kubernetes and etcd are built from source here: install Go 1.26 or newer, or, ${instead}`);
  }
}
