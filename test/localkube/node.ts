// Starts a node: a process that holds its mount namespace open, then containerd, kube-proxy and kubelet inside it.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminApi, kubeconfigsDir, pkiDir } from './control-plane.js';
import { containerdReady, seedRoot } from './image-cache.js';
import { startTool, waitFor, whileAlive, type Making } from './making.js';
import { resolvConf } from './network.js';
import type { NodePlan } from './network-plan.js';
import * as config from './node-config.js';
import { dataDir, stateDir } from './paths.js';
import { find, start, type Recorded } from './processes.js';

export function nodePlaces(name: string, node: string): config.NodePlaces {
  return {
    data: join(dataDir(name), node),
    state: join(stateDir(name), node),
    pki: pkiDir(name),
    kubeconfigs: kubeconfigsDir(name),
  };
}

export const component = (node: NodePlan, what: string): string => `${node.name}-${what}`;

function writeNodeFiles({ name, plan }: Making, node: NodePlan): void {
  const at = nodePlaces(name, node.name);
  for (const folder of ['state', 'kubelet', 'pods', 'volumes']) mkdirSync(join(at.data, folder), { recursive: true });
  for (const folder of ['cni/net.d', 'cni/cache', 'sysctl']) mkdirSync(join(at.state, folder), { recursive: true });
  const containerd = config.containerdConfig({
    root: config.containerdRoot(at),
    state: join(at.data, 'state'),
    socket: config.socket(at),
    cniConfig: join(at.state, 'cni/net.d'),
  });
  writeFileSync(join(at.state, 'containerd.toml'), containerd);
  writeFileSync(join(at.state, 'cni/net.d/10-localkube.conflist'), config.cniConfig(node, at));
  writeFileSync(join(at.state, 'kubelet.json'), config.kubeletConfig(name, plan, node, at));
  writeFileSync(join(at.state, 'kube-proxy.json'), config.kubeProxyConfig(plan, node, at));
  writeFileSync(join(at.state, 'resolv.conf'), resolvConf(plan));
}

/**
 * A node's own view of the mounts. What its containers and volumes mount is never seen by the machine, and is gone with the
 * node's last process, however it ended. Folders that programs insist on are the node's own too: shim sockets, CNI results,
 * device plugins, log links. And the kubelet finds the kernel settings it wants already made: it would change the machine's.
 */
const mountScript = `set -e
mount --make-rshared /
for folder in /run/containerd /var/lib/kubelet /var/log/containers; do
  mkdir -p $folder
  mount -t tmpfs -o mode=755 localkube $folder
done
mkdir -p /var/lib/cni
mount --bind "$0/cni/cache" /var/lib/cni
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \\
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file="$0/sysctl/$(echo "\${setting%=*}" | tr / .)"
  echo "\${setting#*=}" > "$file"
  mount --bind "$file" "/proc/sys/\${setting%=*}"
done
touch "$0/mounts-ready"
exec sleep infinity
`;

async function startHolder(making: Making, node: NodePlan): Promise<Recorded> {
  const { state } = nodePlaces(making.name, node.name);
  const holder = start(making.name, {
    component: component(node, 'mounts'),
    netns: node.netns,
    argv: ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', mountScript, state],
  });
  await waitFor(making, `mounts of ${node.name}`, async () => {
    if (!existsSync(join(state, 'mounts-ready'))) throw new Error('not made yet');
  });
  return holder;
}

/** Up to a running kubelet; registering with the API server is waited for elsewhere, for all nodes at once. */
export async function startNode(making: Making, node: NodePlan, imagesRoot: string): Promise<void> {
  const { name } = making;
  const at = nodePlaces(name, node.name);
  writeNodeFiles(making, node);
  await seedRoot(imagesRoot, config.containerdRoot(at));
  const holder = await startHolder(making, node);
  const common = { netns: node.netns, mountsOf: holder.pid };
  making.signal?.throwIfAborted();
  start(name, {
    ...common,
    component: component(node, 'containerd'),
    argv: ['containerd', '--config', join(at.state, 'containerd.toml')],
  });
  await containerdReady(config.socket(at));
  const proxy = ['--config', join(at.state, 'kube-proxy.json')];
  await startTool(making, {
    ...common,
    component: component(node, 'kube-proxy'),
    group: 'kubernetes',
    tool: 'kube-proxy',
    args: proxy,
  });
  const kubelet = config.kubeletArguments(node, at);
  await startTool(making, {
    ...common,
    component: component(node, 'kubelet'),
    group: 'kubernetes',
    tool: 'kubelet',
    args: kubelet,
  });
}

interface NodeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

export async function nodeReady(making: Making, node: NodePlan): Promise<void> {
  const { name, plan } = making;
  const api = adminApi(name, plan);
  await whileAlive(making, find(name, component(node, 'kubelet')), 'Ready', async () => {
    const seen = await api.json<NodeObject>(`/api/v1/nodes/${node.name}`);
    const ready = seen.status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status !== 'True') throw new Error(ready?.message ?? 'no Ready condition yet');
  });
  api.close();
}
