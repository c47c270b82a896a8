import * as names from '../api/names.js';

/** One kind as the API serves it: enough to build its address. */
export interface Resource {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

type Row = readonly [group: string, kind: string, plural: string];

const namespaced = ([group, kind, plural]: Row): Resource => ({ group, version: 'v1', kind, plural, namespaced: true });
const clusterWide = ([group, kind, plural]: Row): Resource => ({
  ...namespaced([group, kind, plural]),
  namespaced: false,
});

export const resources = {
  etcdClusters: { ...namespaced([names.group, 'EtcdCluster', 'etcdclusters']), version: names.version },
  statefulSets: namespaced(['apps', 'StatefulSet', 'statefulsets']),
  controllerRevisions: namespaced(['apps', 'ControllerRevision', 'controllerrevisions']),
  pods: namespaced(['', 'Pod', 'pods']),
  services: namespaced(['', 'Service', 'services']),
  configMaps: namespaced(['', 'ConfigMap', 'configmaps']),
  secrets: namespaced(['', 'Secret', 'secrets']),
  persistentVolumeClaims: namespaced(['', 'PersistentVolumeClaim', 'persistentvolumeclaims']),
  podDisruptionBudgets: namespaced(['policy', 'PodDisruptionBudget', 'poddisruptionbudgets']),
  leases: namespaced(['coordination.k8s.io', 'Lease', 'leases']),
  events: namespaced(['events.k8s.io', 'Event', 'events']),
  persistentVolumes: clusterWide(['', 'PersistentVolume', 'persistentvolumes']),
  namespaces: clusterWide(['', 'Namespace', 'namespaces']),
  nodes: clusterWide(['', 'Node', 'nodes']),
  storageClasses: clusterWide(['storage.k8s.io', 'StorageClass', 'storageclasses']),
} as const satisfies Record<string, Resource>;

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The path under the server's address; without a namespace a namespaced kind means all namespaces (list and watch only). */
export function pathOf(
  resource: Resource,
  at: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const parts = [resource.group === '' ? 'api' : `apis/${resource.group}`, resource.version];
  if (resource.namespaced && at.namespace !== undefined) parts.push('namespaces', encodeURIComponent(at.namespace));
  parts.push(resource.plural);
  if (at.name !== undefined) parts.push(encodeURIComponent(at.name));
  if (at.subresource !== undefined) parts.push(at.subresource);
  return `/${parts.join('/')}`;
}
