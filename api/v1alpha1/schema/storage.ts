import { byteQuantity, object, objectName, oneOf } from '../../schema.js';

const retentionPolicy = object(
  'What happens to the volumes when members stop needing them.\n\n' +
    'whenStopped is about size 0: RetainAll keeps the volume of every member and wakes exactly the members that were stopped; ' +
    'RetainOne first scales in to one member, which holds every acknowledged write, and keeps only its volume.\n\n' +
    'whenDeleted is about deleting the EtcdCluster: Retain keeps the volumes. A new cluster of the same name does not take ' +
    'them over silently: it says FormerVolumesFound and waits.',
  {
    whenStopped: oneOf(
      'RetainAll: stop all members, keep all volumes; works at any health. RetainOne: scale in to one member, stop it, release ' +
        'the other volumes; needs a healthy member 0. A policy changed while stopped acts at the next stop.',
      ['RetainAll', 'RetainOne'],
      { title: 'WhenStopped', default: 'RetainAll' },
    ),
    whenDeleted: oneOf('Retain: the volumes stay when the EtcdCluster is deleted.', ['Retain'], { default: 'Retain' }),
  },
  { title: 'RetentionPolicy', default: {} },
);

export const storage = object(
  'Where members keep their data: one volume a member.',
  {
    type: oneOf('PersistentVolumeClaim: each member has a claim named data-NAME-ORDINAL.', ['PersistentVolumeClaim'], {
      default: 'PersistentVolumeClaim',
    }),
    size: byteQuantity(
      'Size of each volume, a whole number with a suffix (Mi, Gi, Ti, M, G, T): "8Gi". Must leave room beside ' +
        'options.backendQuota for the write-ahead log and snapshots: the quota may take four fifths of it. At least 512Mi. ' +
        'Cannot be changed on an existing cluster in this version.',
      { 'x-derived': '8Gi' },
    ),
    storageClassName: objectName(
      'StorageClass of the claims. Absent means the default class of the Kubernetes cluster at the moment a claim is made. ' +
        'Cannot be changed on an existing cluster.',
    ),
    retentionPolicy,
  },
  { title: 'StorageSpec', default: {} },
);
