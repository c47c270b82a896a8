import { expect } from 'chai';
import { provision, reclaim, type Claim, type Volume } from '../../localkube/provisioner-decide.js';

const claim = (
  change: { readonly annotations?: Record<string, string>; readonly spec?: object; readonly deleted?: true } = {},
): Claim => ({
  metadata: {
    name: 'data-0',
    namespace: 'shop',
    uid: 'u1',
    annotations: change.annotations ?? {
      'volume.kubernetes.io/selected-node': 'node2',
      'volume.kubernetes.io/storage-provisioner': 'localkube.quorate.dev/local',
    },
    ...(change.deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: {
    storageClassName: 'local',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '2Gi' } },
    ...change.spec,
  },
});

const volume = (phase: string, change: object = {}, path = '/d/node1/volumes/pvc-u1'): Volume => ({
  metadata: { name: 'pvc-u1', annotations: { 'pv.kubernetes.io/provisioned-by': 'localkube.quorate.dev/local' } },
  spec: { persistentVolumeReclaimPolicy: 'Delete', local: { path }, ...change },
  status: { phase },
});

describe('localkube volumes', () => {
  it('makes a volume on the node that the scheduler chose, bound to the claim and pinned to the node', () => {
    expect(provision(claim(), '/d')).to.deep.equal({
      path: '/d/node2/volumes/pvc-u1',
      volume: {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: 'pvc-u1', annotations: { 'pv.kubernetes.io/provisioned-by': 'localkube.quorate.dev/local' } },
        spec: {
          capacity: { storage: '2Gi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Delete',
          storageClassName: 'local',
          volumeMode: 'Filesystem',
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'data-0', namespace: 'shop', uid: 'u1' },
          local: { path: '/d/node2/volumes/pvc-u1' },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node2'] }] },
              ],
            },
          },
        },
      },
    });
  });

  const provisioner = { 'volume.kubernetes.io/storage-provisioner': 'localkube.quorate.dev/local' };
  const left: readonly (readonly [why: string, claim: Claim])[] = [
    ['no node is chosen yet', claim({ annotations: provisioner })],
    [
      'another provisioner’s',
      claim({
        annotations: { 'volume.kubernetes.io/selected-node': 'node1', 'volume.kubernetes.io/storage-provisioner': 'x' },
      }),
    ],
    ['it has its volume', claim({ spec: { volumeName: 'pvc-u1' } })],
    ['it is being deleted', claim({ deleted: true })],
    ['it wants a block device', claim({ spec: { volumeMode: 'Block' } })],
  ];
  for (const [why, each] of left) {
    it(`leaves a claim alone when ${why}`, () => {
      expect(provision(each, '/d')).to.equal(null);
    });
  }

  const volumes: readonly (readonly [what: string, volume: Volume, path: string | null])[] = [
    ['removes a released volume that is to be deleted', volume('Released'), '/d/node1/volumes/pvc-u1'],
    ['keeps a bound one', volume('Bound'), null],
    [
      'keeps a released one that is to be retained',
      volume('Released', { persistentVolumeReclaimPolicy: 'Retain' }),
      null,
    ],
    ['keeps another provisioner’s', { ...volume('Released'), metadata: { name: 'x' } }, null],
    ['keeps what lies outside the instance’s folder', volume('Released', {}, '/etc'), null],
    ['keeps what a path leads out of it', volume('Released', {}, '/d/../etc'), null],
    ['keeps another instance’s', volume('Released', {}, '/dx/node1/volumes/pvc-u1'), null],
  ];
  for (const [what, each, path] of volumes) {
    it(what, () => {
      expect(reclaim(each, '/d')).to.equal(path);
    });
  }
});
