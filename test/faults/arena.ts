/** A control plane with a stand-in for kubelets, on which operators are killed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, up, type Cluster } from '../localkube/index.js';
import { kubectl } from '../support/place.js';
import { eventually } from '../support/poll.js';
import { startPodRunner, type PodRunner } from '../support/pod-runner.js';
import { bundleController } from './bundle.js';

/**
 * Runs at the same time: each waits for most of its time, for voters to have been connected for 5 s above all. On 2 processors, 12 faults
 * took 169 s two at a time, 153 s three, 158 s four.
 */
export const parallel = availableParallelism() + 1;

export interface Arena {
  readonly place: Cluster;
  readonly runner: PodRunner;
  /** The operator, ready to be started. */
  readonly bundle: string;
  close(): Promise<void>;
}

export async function openArena(name: string): Promise<Arena> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-faults-'));
  const close = async (runner?: PodRunner): Promise<void> => {
    await runner?.stop();
    await down(name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [place, bundle] = await Promise.all([up({ name, controlPlaneOnly: true }), bundleController(folder)]);
    await kubectl(place, ['apply', '--server-side', '-k', 'config/crd']);
    await eventually('EtcdClusters are served', 30_000, async () => ({
      done: true,
      value: await kubectl(place, ['get', 'etcdclusters', '--all-namespaces']),
    }));
    const runner = await startPodRunner(place, { services: true });
    return { place, runner, bundle, close: () => close(runner) };
  } catch (error) {
    await close();
    throw error;
  }
}
