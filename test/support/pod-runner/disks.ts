import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { absent, type Api } from '../api.js';
import type { Claim } from './types.js';

const provisioner = 'quorate.dev/pod-runner';

/**
 * A provisioner: every claim gets a folder and a volume bound to it. The folder lives as long as the volume: with reclaim policy Delete
 * until the claim is gone, which the control plane's own pvc-protection delays while a pod uses it.
 */
export class Disks {
  private readonly claims = new Map<string, Claim>();
  private readonly bound = new Map<string, Promise<void>>();

  constructor(
    private readonly api: Api,
    private readonly root: string,
    private readonly log: (line: string) => void,
  ) {}

  seen(claim: Claim): void {
    this.claims.set(key(claim), claim);
    if (claim.spec.volumeName === undefined) void this.bind(claim).catch((error: unknown) => this.log(String(error)));
  }

  gone(claim: Claim): void {
    if (this.claims.get(key(claim))?.metadata.uid === claim.metadata.uid) this.claims.delete(key(claim));
    this.bound.delete(claim.metadata.uid);
    void this.reclaim(claim).catch((error: unknown) => this.log(String(error)));
  }

  /** The folder behind a claim, or undefined while there is no such claim. */
  async folder(namespace: string, name: string): Promise<string | undefined> {
    const claim =
      this.claims.get(`${namespace}/${name}`) ??
      (await this.api.find<Claim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`));
    if (claim === undefined) return undefined;
    const folder = join(this.root, claim.spec.volumeName ?? volumeOf(claim));
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    return folder;
  }

  private bind(claim: Claim): Promise<void> {
    const { uid } = claim.metadata;
    const running = this.bound.get(uid) ?? this.provision(claim);
    this.bound.set(uid, running);
    return running;
  }

  private async provision(claim: Claim): Promise<void> {
    const { name, namespace, uid } = claim.metadata;
    const volume = volumeOf(claim);
    await absent(async () => this.api.post('/api/v1/persistentvolumes', await this.volume(claim, volume)));
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };
    await absent(() =>
      this.api.patch(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`, {
        metadata: { uid, annotations },
        spec: { volumeName: volume },
      }),
    );
  }

  private async volume(claim: Claim, name: string): Promise<object> {
    const { spec, metadata } = claim;
    const storageClass = await this.storageClass(spec.storageClassName);
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
      spec: {
        capacity: { storage: spec.resources?.requests?.storage ?? '1Gi' },
        accessModes: spec.accessModes,
        persistentVolumeReclaimPolicy: storageClass?.reclaimPolicy ?? 'Delete',
        ...(spec.storageClassName === undefined ? {} : { storageClassName: spec.storageClassName }),
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          namespace: metadata.namespace,
          name: metadata.name,
          uid: metadata.uid,
        },
        hostPath: { path: join(this.root, name) },
      },
    };
  }

  private async storageClass(name: string | undefined): Promise<{ reclaimPolicy?: string } | undefined> {
    if (name === undefined || name === '') return undefined;
    return this.api.find(`/apis/storage.k8s.io/v1/storageclasses/${name}`);
  }

  private async reclaim(claim: Claim): Promise<void> {
    const name = claim.spec.volumeName ?? volumeOf(claim);
    const path = `/api/v1/persistentvolumes/${name}`;
    const volume = await this.api.find<{ spec: { persistentVolumeReclaimPolicy: string } }>(path);
    if (volume?.spec.persistentVolumeReclaimPolicy === 'Retain') return;
    rmSync(join(this.root, name), { recursive: true, force: true });
    await absent(() => this.api.delete(path));
  }
}

const key = ({ metadata }: Claim): string => `${metadata.namespace}/${metadata.name}`;
const volumeOf = ({ metadata }: Claim): string => `pvc-${metadata.uid}`;
