import { labels } from '../../api/names.js';
import type { AcceptedSpec, EtcdCluster } from '../../api/index.js';
import type { KubeObject, OwnerReference } from '../../kube/index.js';

/** What every builder of an owned object is given. */
export interface Owner {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface Desired {
  readonly owner: Owner;
  readonly spec: AcceptedSpec;
}

export function ownerOf(cluster: EtcdCluster): Owner {
  const { name, namespace = '', uid = '' } = cluster.metadata;
  return { name, namespace, uid };
}

export function ownerReference(owner: Owner): OwnerReference {
  return {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    name: owner.name,
    uid: owner.uid,
    controller: true,
    // Would demand the right to set finalizers; deletion does not depend on its order here.
    blockOwnerDeletion: false,
  };
}

/** Those of them that the cluster of this uid controls. */
export const ownedBy = (
  uid: string | undefined,
  objects: ReadonlyMap<string, KubeObject>,
): ReadonlyMap<string, KubeObject> =>
  new Map(
    [...objects].filter(([, { metadata }]) =>
      metadata.ownerReferences?.some((each) => each.uid === uid && each.controller === true),
    ),
  );

export function commonLabels(owner: { name: string }): Record<string, string> {
  return {
    [labels.cluster]: owner.name,
    [labels.name]: 'etcd',
    [labels.instance]: owner.name,
    [labels.managedBy]: 'quorate',
  };
}

export function objectMeta(
  owner: Owner,
  name: string,
  more: { annotations?: Record<string, string> } = {},
): {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  ownerReferences: OwnerReference[];
} & { annotations?: Record<string, string> } {
  return {
    name,
    namespace: owner.namespace,
    labels: commonLabels(owner),
    ownerReferences: [ownerReference(owner)],
    ...(more.annotations && { annotations: more.annotations }),
  };
}
