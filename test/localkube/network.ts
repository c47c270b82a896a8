// Makes and removes the network of an instance: a namespace with a bridge for the control plane, one namespace a node, cables
// between them, and one cable to the machine. Nothing on the machine's own network is changed but that one link.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { must, run, type Output, type RunOptions } from './exec.js';
import type { NetworkPlan, NodePlan } from './network-plan.js';

const netnsPath = (netns: string): string => `/run/netns/${netns}`;

/** Argv that enters a network namespace and nothing else. `ip netns exec` would hide the cgroups by remounting /sys. */
export const inNetns = (netns: string, argv: readonly string[]): readonly string[] => [
  'nsenter',
  `--net=${netnsPath(netns)}`,
  '--',
  ...argv,
];

/** Runs a program in a network namespace. */
export function runIn(netns: string, argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  return run(inNetns(netns, argv), options);
}

/** The same, with the cluster's DNS: ip netns exec puts /etc/netns/NAME/resolv.conf in the place of /etc/resolv.conf. */
export function runWithDns(netns: string, argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  return run(['ip', 'netns', 'exec', netns, ...argv], options);
}

/** Many `ip` commands in one process: a cluster needs some eighty, and eighty processes would take a second. */
async function ipBatch(netns: string | undefined, lines: readonly string[]): Promise<void> {
  await must(['ip', ...(netns === undefined ? [] : ['-n', netns]), '-batch', '-'], { stdin: lines.join('\n') + '\n' });
}

export function resolvConf(plan: NetworkPlan): string {
  return `nameserver ${plan.controlPlane}\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n`;
}

async function addNamespace(netns: string, plan: NetworkPlan): Promise<void> {
  await must(['ip', 'netns', 'add', netns]);
  // /proc/sys/net shows the namespace of whoever looks. bridge-nf would push bridged frames through iptables a second time.
  await must(inNetns(netns, ['sh', '-c', 'ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward']));
  mkdirSync(`/etc/netns/${netns}`, { recursive: true });
  writeFileSync(`/etc/netns/${netns}/resolv.conf`, resolvConf(plan));
}

/** The control plane's namespace, its bridge and the cable to the machine. */
export async function addControlPlane(plan: NetworkPlan): Promise<void> {
  await addNamespace(plan.netns, plan);
  await ipBatch(plan.netns, [
    // A bridge without an address of its own takes the lowest of its ports': each pod that comes or goes could change it, and
    // the machine would go on sending to the old one until its neighbour entry expires (calls hung for up to 30 s).
    'link add br0 address 02:6c:6b:00:00:01 type bridge',
    `address add ${plan.controlPlane}/24 dev br0`,
    'link set br0 up',
    `link add host0 type veth peer name ${plan.hostLink} netns ${process.pid}`,
    'link set host0 master br0',
    'link set host0 up',
  ]);
  await ipBatch(undefined, [
    `address add ${plan.host}/24 dev ${plan.hostLink}`,
    `link set ${plan.hostLink} up`,
    // Without these an answer to a pod would leave by the machine's default route. They go with the link.
    `route add ${plan.pods} via ${plan.controlPlane}`,
    `route add ${plan.services} via ${plan.controlPlane}`,
  ]);
}

/** One node's namespace, cabled to the bridge, with routes to every other node's pods. */
export async function addNode(plan: NetworkPlan, node: NodePlan): Promise<void> {
  await addNamespace(node.netns, plan);
  await ipBatch(plan.netns, [
    `link add ${node.port} type veth peer name eth0 netns ${node.netns}`,
    `link set ${node.port} master br0`,
    `link set ${node.port} up`,
  ]);
  const others = plan.nodes.filter((other) => other.number !== node.number);
  await ipBatch(node.netns, [
    `address add ${node.address}/24 dev eth0`,
    'link set eth0 up',
    // A packet to a Service needs a route before kube-proxy rewrites it. The bridge has none further: it says unreachable.
    `route add default via ${plan.controlPlane}`,
    ...others.map((other) => `route add ${other.podRange} via ${other.address}`),
  ]);
}

/**
 * Lets the control plane's namespace reach pods, each through its node, and Services through the first node's kube-proxy,
 * which masquerades what does not come from a pod.
 */
export async function addPodRoutes(plan: NetworkPlan): Promise<void> {
  const [first] = plan.nodes;
  if (first === undefined) return;
  await ipBatch(plan.netns, [
    ...plan.nodes.map((node) => `route add ${node.podRange} via ${node.address}`),
    `route add ${plan.services} via ${first.address}`,
  ]);
}

/** Pulls the plug, or puts it back. The node's own end stays configured, so that its routes outlive the cut. */
export async function setCable(plan: NetworkPlan, node: NodePlan, state: 'up' | 'down'): Promise<void> {
  await must(['ip', '-n', plan.netns, 'link', 'set', node.port, state]);
}

/** Namespaces that exist under this instance's name, whatever is recorded. */
export function namespacesOf(name: string): readonly string[] {
  const pattern = new RegExp(`^lk-${name}(-node\\d+)?$`);
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((entry) => pattern.test(entry)) : [];
}

/** Removes namespaces and links. Every process in them must be gone, or the kernel keeps them alive, nameless. */
export async function removeNetwork(netns: readonly string[], hostLink: string | undefined): Promise<void> {
  // Deleted by hand first: the kernel tears a dead namespace's links down later, and the name would still be taken.
  if (hostLink !== undefined) await run(['ip', 'link', 'delete', hostLink]);
  for (const each of netns) {
    await run(['ip', 'netns', 'delete', each]);
    rmSync(`/etc/netns/${each}`, { recursive: true, force: true });
  }
  removeIfEmpty('/etc/netns');
  await removeNetnsMount();
}

/** `ip netns add` mounts /run/netns onto itself, once, and leaves it; nobody needs it once it is empty. */
async function removeNetnsMount(): Promise<void> {
  if (!existsSync('/run/netns') || readdirSync('/run/netns').length > 0) return;
  await run(['umount', '/run/netns']);
  removeIfEmpty('/run/netns');
}

export function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Not empty or not there: somebody else's.
  }
}

/** The machine's own IPv4 ranges, the default route aside. */
export async function machineRanges(): Promise<readonly string[]> {
  const routes = JSON.parse(await must(['ip', '-json', '-4', 'route', 'show'])) as readonly { readonly dst: string }[];
  return routes.map((route) => route.dst).filter((dst) => dst !== 'default');
}
