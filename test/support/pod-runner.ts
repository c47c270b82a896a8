/**
 * A stand-in for kubelets, for a control plane without nodes: every pod of a labelled cluster becomes a real etcd process with an address,
 * a disk and files of its own, under the real API server, StatefulSet controller, EndpointSlice controller and DNS. What it leaves
 * out: other containers of a pod, init containers, hooks, resource limits.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { labels } from '../../api/names.js';
import { binary, ensurePackages, etcdVersions } from '../localkube/index.js';
import { end, nodeCommand, start } from './node-process.js';
import type { Call, PodName, PodState, Reply, RunnerConfig } from './pod-runner/protocol.js';

export type { PodName, PodState } from './pod-runner/protocol.js';

/** What it needs of a localkube Cluster. */
export interface ControlPlane {
  readonly netns: string;
  /** Folder of the instance's logs. */
  readonly logs: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly adminCert: string;
  readonly adminKey: string;
}

export interface PodRunnerOptions {
  /** 10 s, as localkube's kubelets; a pod whose annotations or labels change sees its files at once. */
  readonly filesDelayMs?: number;
  /** 10 s, as every kubelet: before the second restart of a container, then doubled. */
  readonly backoffMs?: number;
  /** Run kube-proxy beside it, for clients of Service addresses. */
  readonly services?: boolean;
  readonly domain?: string;
}

/** Starts it, with the nodes registered and every pod that exists already under way. */
export async function startPodRunner(cluster: ControlPlane, options: PodRunnerOptions = {}): Promise<PodRunner> {
  // A control plane alone needs neither, so a bare machine may not have them yet.
  if (options.services === true) await ensurePackages(['iptables', 'conntrack'], (line) => console.log(line));
  // In the instance's own folder, so that its end takes it away even when nobody stops the runner.
  const work = await mkdtemp(join(dirname(cluster.logs), 'pods-'));
  const [ca, cert, key] = await Promise.all(
    [cluster.caFile, cluster.adminCert, cluster.adminKey].map((file) => readFile(file, 'utf8')),
  );
  const config: RunnerConfig = {
    work,
    server: cluster.server,
    ca: ca ?? '',
    cert: cert ?? '',
    key: key ?? '',
    podSelector: labels.cluster,
    images: await images(),
    domain: options.domain ?? 'cluster.local',
    filesDelayMs: options.filesDelayMs ?? 10_000,
    backoffMs: options.backoffMs ?? 10_000,
    ...(options.services === true
      ? { proxy: { binary: await binary('kubernetes', 'kube-proxy'), kubeconfig: cluster.kubeconfig } }
      : {}),
  };
  // The first process of a pid namespace takes all others with it, and it goes with its parent, and that with us.
  const isolate = ['unshare', '--pid', '--fork', '--kill-child=KILL', '--mount', '--mount-proc'];
  const enter = ['setpriv', '--pdeathsig', 'KILL', '--', 'nsenter', `--net=/run/netns/${cluster.netns}`, '--'];
  const child = start([...enter, ...isolate, ...nodeCommand(import.meta.url, './pod-runner/process')], {
    stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
  });
  child.stdin?.end(JSON.stringify(config));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the pod runner ended before it began')));
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return new PodRunner(child, work);
}

/** Image tag → folder of its programs, for every etcd that localkube builds. */
async function images(): Promise<Record<string, string>> {
  const entries = etcdVersions.map(async ({ group, version }) => {
    const [etcd] = await Promise.all(['etcd', 'etcdctl', 'etcdutl'].map((tool) => binary(group, tool)));
    return [`v${version}`, dirname(etcd ?? '')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export class PodRunner {
  private next = 1;
  private readonly waiting = new Map<number, (reply: Reply) => void>();

  constructor(
    private readonly child: ChildProcess,
    private readonly work: string,
  ) {
    child.on('message', (reply: Reply) => this.waiting.get(reply.id)?.(reply));
    child.on('exit', () => {
      for (const [id, settle] of this.waiting) settle({ id, error: 'the pod runner ended' });
    });
  }

  /** The folder of the pod's volume claim; it outlives the pod. */
  async disk(pod: PodName): Promise<string> {
    return (await this.call({ do: 'disk', pod })) as string;
  }

  /** Ends the pod's container at once (where it runs), changes its disk, and lets the container be restarted, as after a crash. */
  async offline<T>(pod: PodName, change: (disk: string) => T | Promise<T>): Promise<T> {
    await this.call({ do: 'hold', pod });
    try {
      return await change(await this.disk(pod));
    } finally {
      await this.call({ do: 'release', pod });
    }
  }

  async emptyDisk(pod: PodName): Promise<void> {
    await this.offline(pod, (disk) => {
      for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    });
  }

  /** Each of the two comes back with the other's data. */
  async swapDisks(a: PodName, b: PodName): Promise<void> {
    await this.offline(a, (diskOfA) =>
      this.offline(b, (diskOfB) => {
        const aside = `${diskOfA}.swap`;
        renameSync(diskOfA, aside);
        renameSync(diskOfB, diskOfA);
        renameSync(aside, diskOfB);
      }),
    );
  }

  async kill(pod: PodName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.call({ do: 'kill', pod, signal });
  }

  /** Takes the pod's network away, or gives it back. */
  async plug(pod: PodName, state: 'up' | 'down'): Promise<void> {
    await this.call({ do: 'plug', pod, state });
  }

  async pods(namespace: string): Promise<readonly PodState[]> {
    return (await this.call({ do: 'pods', namespace })) as PodState[];
  }

  /** Everything that the pod's container printed, over all its runs. */
  async log(pod: PodName): Promise<string> {
    const state = (await this.pods(pod.namespace)).find(({ name }) => name === pod.name);
    const parts = await Promise.all((state?.logs ?? []).map((file) => readFile(file, 'utf8')));
    return parts.join('');
  }

  /** The folder of all logs: `<namespace>_<pod>_<uid>/<run>.log`, of pods that are gone, too. */
  get logs(): string {
    return join(this.work, 'logs');
  }

  /** Ends every process and takes away what it wrote and registered; the objects stay. */
  async stop(): Promise<void> {
    if (this.child.connected) await this.call({ do: 'stop' }).catch(() => undefined);
    await end(this.child, 2000);
    await rm(this.work, { recursive: true, force: true });
  }

  private call(call: Call): Promise<unknown> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      if (!this.child.connected) return reject(new Error('the pod runner ended'));
      this.waiting.set(id, (reply) => {
        this.waiting.delete(id);
        if (reply.error === undefined) resolve(reply.value);
        else reject(new Error(reply.error));
      });
      this.child.send({ id, call });
    });
  }
}
