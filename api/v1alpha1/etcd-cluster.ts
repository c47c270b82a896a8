/** EtcdCluster, version v1alpha1: the one source of its types, CRD, validator and reference. */
import type { Schema } from '../schema.js';
import { spec } from './schema/spec.js';
import { status } from './schema/status.js';

export const etcdClusterSchema: Schema = {
  type: 'object',
  title: 'EtcdCluster',
  description:
    'A cluster of etcd members that hold one replicated key space. Quorate runs it: members, volumes, certificates, addresses and ' +
    'every change of them. `kubectl get ec` shows its state; applications connect to the Service NAME-client with what the Secret ' +
    'NAME-client holds.',
  required: ['spec'],
  properties: { spec, status },
};

export const etcdClusterKind = {
  kind: 'EtcdCluster',
  listKind: 'EtcdClusterList',
  plural: 'etcdclusters',
  singular: 'etcdcluster',
  shortNames: ['ec'],
  categories: ['quorate'],
} as const;

export const printerColumns = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
  { name: 'Ready', type: 'integer', jsonPath: '.status.readyMembers' },
  { name: 'Leader', type: 'string', jsonPath: '.status.leader' },
  { name: 'Version', type: 'string', jsonPath: '.status.currentVersion' },
  { name: 'DB Size', type: 'string', jsonPath: '.status.dbSize' },
  { name: 'Quorum', type: 'integer', jsonPath: '.status.quorum.needed', priority: 1 },
  { name: 'Alarms', type: 'string', jsonPath: '.status.alarms', priority: 1 },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
] as const;
