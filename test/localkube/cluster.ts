// A running instance as tests and tools see it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from './builder.js';
import { auditLogPath, kubeconfigsDir, pkiDir, serverUrl } from './control-plane.js';
import { run, type Output, type RunOptions } from './exec.js';
import { containerdReady, ctr } from './image-cache.js';
import { runIn, setCable } from './network.js';
import type { NetworkPlan, NodePlan } from './network-plan.js';
import { component, nodePlaces } from './node.js';
import { socket } from './node-config.js';
import { stateDir } from './paths.js';
import { find, isAlive, logsDir, start, stop } from './processes.js';
import { planOf, readInstance, sameBoot, whatIsUp, type Instance } from './state.js';
import { down } from './down.js';

/** A process of the control plane: kube-apiserver, kube-controller-manager, etcd and so on. */
export interface Component {
  readonly pid: number;
  readonly alive: boolean;
  /** Kills it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): void;
}

export interface Node extends NodePlan {
  /** Kills kubelet and containerd. The pods' processes live on, as they do on a real node. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Pulls the node's cable: the node and its pods reach nothing but each other. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** Runs a program in the node's network. */
  run(argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** containerd's own client, in the kubelet's namespace of images and containers. */
  ctr(args: readonly string[], options?: RunOptions): Promise<Output>;
}

function nodeOf(cluster: Cluster, node: NodePlan): Node {
  const socketPath = socket(nodePlaces(cluster.name, node.name));
  const part = (what: string): Component => cluster.component(component(node, what));
  return {
    ...node,
    stop: async () => {
      await part('kubelet').stop();
      await part('containerd').stop();
    },
    start: async () => {
      if (!part('containerd').alive) part('containerd').start();
      await containerdReady(socketPath);
      if (!part('kubelet').alive) part('kubelet').start();
    },
    cut: () => setCable(cluster.plan, node, 'down'),
    heal: () => setCable(cluster.plan, node, 'up'),
    run: (argv, options) => runIn(node.netns, argv, options),
    ctr: (args, options) => run(ctr(socketPath, args), options),
  };
}

export class Cluster {
  readonly name: string;
  readonly plan: NetworkPlan;
  /** State of the instance: certificates, kubeconfigs, records. */
  readonly dir: string;
  /** One log for each process. */
  readonly logs: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly caFile: string;
  readonly adminCert: string;
  readonly adminKey: string;
  readonly netns: string;
  readonly nodeNetns: readonly string[];
  /** Where the API server reaches a process that listens on this machine, outside every namespace. */
  readonly hostAddress: string;
  readonly auditLog: string;

  constructor(instance: Instance) {
    this.name = instance.name;
    this.plan = planOf(instance);
    this.dir = stateDir(this.name);
    this.logs = logsDir(this.name);
    this.kubeconfig = join(kubeconfigsDir(this.name), 'admin');
    this.server = serverUrl(this.plan);
    this.caFile = join(pkiDir(this.name), 'ca.crt');
    this.adminCert = join(pkiDir(this.name), 'admin.crt');
    this.adminKey = join(pkiDir(this.name), 'admin.key');
    this.netns = this.plan.netns;
    this.nodeNetns = this.plan.nodes.map((node) => node.netns);
    this.hostAddress = this.plan.host;
    this.auditLog = auditLogPath(this.name);
  }

  /** kubectl as admin. Its cache of API discovery lies in the instance's folder and goes with it. */
  async kubectl(args: readonly string[], options: Pick<RunOptions, 'stdin' | 'timeoutMs'> = {}): Promise<Output> {
    const kubectl = await binary('kubernetes', 'kubectl');
    return run([kubectl, ...args], { ...options, env: this.kubectlEnv() });
  }

  kubectlEnv(): Readonly<Record<string, string>> {
    return { KUBECONFIG: this.kubeconfig, KUBECACHEDIR: join(this.dir, 'kube-cache') };
  }

  /** Loads an OCI or docker archive into every node's containerd. */
  async load(archive: string): Promise<void> {
    if (!existsSync(archive)) throw new Error(`no image archive ${JSON.stringify(archive)}: the file does not exist`);
    if (this.plan.nodes.length === 0)
      throw new Error(`${this.name} has no nodes to load ${archive} into: it is a control plane only`);
    await Promise.all(
      this.plan.nodes.map(async (node) => {
        const result = await this.node(node.number).ctr(['images', 'import', archive]);
        if (result.code !== 0) throw new Error(`loading ${archive} into ${node.name} failed: ${result.stderr.trim()}`);
      }),
    );
  }

  /** Node number `n`, from 1. */
  node(n: number): Node {
    const node = this.plan.nodes[n - 1];
    if (node === undefined) {
      const count = this.plan.nodes.length;
      throw new Error(`node ${n}: ${this.name} has ${count === 0 ? 'no nodes' : `nodes 1 to ${count}`}`);
    }
    return nodeOf(this, node);
  }

  /** A process of the control plane: kube-apiserver, kube-controller-manager, etcd and so on. */
  component(name: string): Component {
    const { name: instance } = this;
    const process = find(instance, name);
    return {
      pid: process.pid,
      alive: isAlive(process),
      stop: (signal) => stop(instance, process, signal),
      start: () => void start(instance, process),
    };
  }

  down(): Promise<void> {
    return down(this.name);
  }
}

/** An instance that runs already. */
export async function open(name: string): Promise<Cluster> {
  const instance = readInstance(name);
  if (instance?.phase === 'up' && sameBoot(instance)) return new Cluster(instance);
  throw new Error(
    `no instance ${JSON.stringify(name)} is up (${whatIsUp()}): start it with \`npm run localkube -- up --name ${name}\``,
  );
}
