import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { aborted } from './aborted.js';
import { commandOf, environmentOf, type Variables } from './expand.js';
import { mountsOf, type PodFiles } from './pod-files.js';
import type { Runtime } from './pod-worker.js';
import { launchCommand, makeRoot, makeWritable, userOf, type Bind, type User } from './rootfs.js';
import type { Sandbox } from './sandbox.js';
import type { Container, Pod } from './types.js';
import { keyOf, NotMountable } from './volumes.js';

/** All that a container is started with, each time. */
export interface Launch {
  readonly container: Container;
  readonly command: readonly string[];
  readonly variables: Variables;
  readonly user: User;
}

export interface Birth {
  readonly runtime: Runtime;
  readonly pod: Pod;
  readonly nodeName: string;
  readonly sandbox: Sandbox;
  readonly files: PodFiles;
  readonly signal: AbortSignal;
}

type Waiting = (reason: string, message: string) => void;

/** Makes root, volumes and environment, waiting for what is missing; undefined when the pod is to end before. */
export async function prepare(birth: Birth, waiting: Waiting): Promise<Launch | undefined> {
  const { runtime, pod, sandbox, signal } = birth;
  const root = join(runtime.config.work, 'pods', pod.metadata.uid, 'root');
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error('a pod without containers');
  const bin = imageOf(container, runtime.config.images);
  if (bin === undefined) {
    waiting('ErrImagePull', `no image ${container.image}`);
    return undefined;
  }
  makeRoot({ root, pod, podIP: sandbox.ip, dns: runtime.dns, domain: runtime.config.domain });
  const parts = await untilMountable(
    () => Promise.all([disksOf(birth, root), environment(birth, container), birth.files.mount(pod)]),
    {
      waiting,
      signal,
    },
  );
  if (parts === undefined) return undefined;
  const [disks, variables] = parts;
  const user = userOf(pod, container);
  const command = launchCommand({
    sandbox: sandbox.pid,
    root,
    binds: [{ from: bin, to: 'usr/local/bin' }, ...disks],
    user,
    command: commandOf(container, variables),
  });
  return { container, command, variables, user };
}

/** The folder of the image's programs, by its tag. */
export function imageOf(container: Container, images: Readonly<Record<string, string>>): string | undefined {
  const [, tag] = /:([^:/@]+)(?:@.*)?$/.exec(container.image) ?? [];
  return tag === undefined ? undefined : images[tag];
}

function environment({ runtime, pod, nodeName, sandbox }: Birth, container: Container): Promise<Variables> {
  const at = { podIP: sandbox.ip, hostIP: runtime.dns, nodeName };
  return environmentOf(container, pod, at, (kind, ref) => keyOf(runtime.api, pod.metadata.namespace, kind, ref));
}

/** Disks behind claims, to be bound, and empty folders, made in place. */
async function disksOf({ runtime, pod }: Birth, root: string): Promise<Bind[]> {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  const binds: Bind[] = [];
  for (const { volume, mountPath } of mountsOf(pod)) {
    if (volume.emptyDir !== undefined) makeWritable(join(root, mountPath), fsGroup);
    if (volume.persistentVolumeClaim === undefined) continue;
    const { claimName } = volume.persistentVolumeClaim;
    const folder = await runtime.disks.folder(pod.metadata.namespace, claimName);
    if (folder === undefined) throw new NotMountable(`persistentvolumeclaim "${claimName}" not found`);
    makeWritable(folder, fsGroup);
    makeWritable(join(root, mountPath), undefined);
    chownSync(join(root, mountPath), 0, 0);
    binds.push({ from: folder, to: mountPath });
  }
  return binds;
}

async function untilMountable<T>(
  mount: () => Promise<T>,
  { waiting, signal }: { waiting: Waiting; signal: AbortSignal },
): Promise<T | undefined> {
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, 10_000)) {
    try {
      return await mount();
    } catch (error) {
      if (!(error instanceof NotMountable)) throw error;
      waiting('ContainerCreating', error.message);
      await aborted(signal, wait);
    }
  }
  return undefined;
}
