// localkube, a real Kubernetes in network namespaces of this machine, for tests and tools. What lives here starts and stops
// clusters; it knows nothing of the product. README.md has the commands; this is what code may import.
export { up, type UpOptions } from './up.js';
export { down } from './down.js';
export { open, type Cluster, type Component, type Node } from './cluster.js';
export { binary } from './builder.js';
export { ensurePackages } from './packages.js';
export { etcdVersions } from './groups.js';
export { runIn as run, runWithDns } from './network.js';
export type { Output, RunOptions } from './exec.js';
