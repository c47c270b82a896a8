import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '../api.js';
import { Disks } from './disks.js';
import { follow } from './follow.js';
import { Addresses, joinNetwork } from './network.js';
import { Nodes } from './nodes.js';
import { PodWorker, type Runtime } from './pod-worker.js';
import type { Call, PodName, PodState, RunnerConfig } from './protocol.js';
import { Sandboxes } from './sandbox.js';
import { nameOf, type Claim, type Pod } from './types.js';

/** All pods of a control plane. */
export class Runner {
  /** By uid; and the newest of each name, whose end the next of that name awaits. */
  private readonly workers = new Map<string, PodWorker>();
  private readonly newest = new Map<string, PodWorker>();
  private readonly ending = new AbortController();

  private constructor(private readonly runtime: Runtime) {}

  static async start(config: RunnerConfig, log: (line: string) => void): Promise<Runner> {
    for (const folder of ['disks', 'pods', 'logs']) mkdirSync(join(config.work, folder), { recursive: true });
    const api = new Api(config);
    const network = await joinNetwork();
    const nodes = new Nodes(api, network.controlPlane);
    await nodes.start();
    const disks = new Disks(api, join(config.work, 'disks'), log);
    const sandboxes = new Sandboxes(network, new Addresses(network));
    const runner = new Runner({ api, nodes, disks, sandboxes, config, dns: network.controlPlane, log });
    const { signal } = runner.ending;
    const pods = `/api/v1/pods?labelSelector=${encodeURIComponent(config.podSelector)}`;
    void follow<Claim>(api, '/api/v1/persistentvolumeclaims', disks, signal);
    void follow<Pod>(api, pods, { seen: (pod) => runner.seen(pod), gone: (pod) => runner.gone(pod) }, signal);
    return runner;
  }

  async answer(call: Call): Promise<unknown> {
    switch (call.do) {
      case 'disk':
        return this.disk(call.pod);
      case 'hold':
        return this.newest.get(key(call.pod))?.hold();
      case 'release':
        return this.newest.get(key(call.pod))?.release();
      case 'kill':
        return this.worker(call.pod).kill(call.signal);
      case 'plug':
        return this.worker(call.pod).plug(call.state);
      case 'pods':
        return this.states(call.namespace);
      case 'stop':
        return this.stop();
    }
  }

  /** Ends following, and takes cables and nodes away; processes end with this one. */
  private async stop(): Promise<void> {
    this.ending.abort();
    await this.runtime.sandboxes.close();
    await this.runtime.nodes.stop();
    this.runtime.api.close();
  }

  private seen(pod: Pod): void {
    const known = this.workers.get(pod.metadata.uid);
    if (known !== undefined) return known.update(pod);
    const before = this.newest.get(nameOf(pod))?.finished ?? Promise.resolve();
    const worker = new PodWorker(this.runtime, pod, before);
    this.workers.set(pod.metadata.uid, worker);
    this.newest.set(nameOf(pod), worker);
    void worker.finished.finally(() => {
      if (this.newest.get(nameOf(pod)) === worker) this.newest.delete(nameOf(pod));
    });
  }

  private gone(pod: Pod): void {
    this.workers.get(pod.metadata.uid)?.forget();
    this.workers.delete(pod.metadata.uid);
  }

  private worker(pod: PodName): PodWorker {
    const worker = this.newest.get(key(pod));
    if (worker === undefined) throw new Error(`no pod ${key(pod)}`);
    return worker;
  }

  private states(namespace: string): PodState[] {
    return [...this.workers.values()].map((worker) => worker.state()).filter((state) => state.namespace === namespace);
  }

  private async disk(pod: PodName): Promise<string> {
    const folder = await this.runtime.disks.folder(pod.namespace, `data-${pod.name}`);
    if (folder === undefined) throw new Error(`no volume claim of ${key(pod)}`);
    return folder;
  }
}

const key = ({ namespace, name }: PodName): string => `${namespace}/${name}`;
