import { join } from 'node:path';
import type { Api } from '../api.js';
import { showFiles } from './files.js';
import type { Container, Pod, Volume } from './types.js';
import { filesOf } from './volumes.js';

/**
 * The ConfigMaps and Secrets that a pod shows as files: read when it starts, again when the pod's annotations or labels change, and
 * otherwise every delay, as a kubelet does. An object gone meanwhile leaves its files as they were.
 */
export class PodFiles {
  private timer: NodeJS.Timeout | undefined;
  private pod: Pod | undefined;
  private isClosed = false;

  constructor(
    private readonly api: Api,
    private readonly root: string,
    private readonly delayMs: number,
  ) {}

  /** Shows all files for the first time; throws NotMountable. */
  async mount(pod: Pod): Promise<void> {
    await Promise.all(mountsOf(pod).map(({ volume, mountPath }) => this.show(pod, volume, mountPath)));
    this.pod = pod;
    this.wait();
  }

  /** Looks now. */
  refresh(pod: Pod): void {
    if (this.pod === undefined) return;
    this.pod = pod;
    this.look();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (!this.isClosed) this.timer = setTimeout(() => this.look(), this.delayMs);
  }

  private look(): void {
    const { pod } = this;
    if (pod === undefined || this.isClosed) return;
    const shown = mountsOf(pod).map(({ volume, mountPath }) =>
      this.show(pod, volume, mountPath).catch(() => undefined),
    );
    void Promise.all(shown).finally(() => this.wait());
  }

  private async show(pod: Pod, volume: Volume, mountPath: string): Promise<void> {
    const files = await filesOf(this.api, pod, volume);
    if (files !== undefined && !this.isClosed)
      showFiles(join(this.root, mountPath), files, pod.spec.securityContext?.fsGroup ?? 0);
  }
}

export interface Mount {
  readonly volume: Volume;
  readonly mountPath: string;
}

/** The volumes that the first container mounts, and where. */
export function mountsOf(pod: Pod, container: Container | undefined = pod.spec.containers[0]): Mount[] {
  return (container?.volumeMounts ?? []).map(({ name, mountPath, subPath }) => {
    if (subPath !== undefined) throw new Error(`mount ${mountPath}: subPath is not supported`);
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    if (volume === undefined) throw new Error(`mount ${mountPath}: no volume ${name}`);
    return { volume, mountPath };
  });
}
