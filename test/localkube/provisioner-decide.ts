// What the volume provisioner makes of a claim or a volume. Pure.
import { join } from 'node:path';
import type { ApiObject } from './api.js';

export const provisionerName = 'localkube.quorate.dev/local';
export const storageClassName = 'local';

export interface Claim extends ApiObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

export interface Volume extends ApiObject {
  readonly spec: { readonly persistentVolumeReclaimPolicy?: string; readonly local?: { readonly path: string } };
  readonly status?: { readonly phase?: string };
}

/** Waits for the first pod, so that the volume comes to be where the scheduler puts the pod; the default class. */
export const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: storageClassName, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: provisionerName,
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Delete',
} as const;

const annotation = (object: ApiObject, key: string): string | undefined => object.metadata.annotations?.[key];

/** Folder of a node that holds its volumes, as the node itself and the machine both see it. */
export const volumesDir = (data: string, node: string): string => join(data, node, 'volumes');

export interface Provision {
  readonly path: string;
  readonly volume: ApiObject & Readonly<Record<string, unknown>>;
}

/**
 * The volume for a claim, or null while there is nothing to do. As external provisioners do (the controller manager writes
 * the storage-provisioner annotation, the scheduler the selected-node one), bound to the claim by its UID from the start.
 */
export function provision(claim: Claim, data: string): Provision | null {
  const { name, namespace = '', uid = '' } = claim.metadata;
  const node = annotation(claim, 'volume.kubernetes.io/selected-node');
  const ours = annotation(claim, 'volume.kubernetes.io/storage-provisioner') === provisionerName;
  if (!ours || node === undefined || claim.spec.volumeName || claim.metadata.deletionTimestamp) return null;
  if (claim.spec.volumeMode === 'Block') return null;
  const path = join(volumesDir(data, node), `pvc-${uid}`);
  return {
    path,
    volume: {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': provisionerName } },
      spec: {
        capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
        accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName,
        volumeMode: 'Filesystem',
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
        local: { path },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    },
  };
}

/** Folder to empty and remove before the volume object is deleted, or null when the volume is to stay. */
export function reclaim(volume: Volume, data: string): string | null {
  const path = volume.spec.local?.path;
  const ours = annotation(volume, 'pv.kubernetes.io/provisioned-by') === provisionerName;
  const released = volume.status?.phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete';
  // Anybody may edit a volume's path; nothing outside the instance's own folder is ever removed.
  return ours && released && path?.startsWith(join(data, '/')) && !path.includes('..') ? path : null;
}
