import { acceptedSpec, type AcceptedSpec, type EtcdClusterSpec } from '../../../../api/index.js';

export const owner = { name: 'orders', namespace: 'shop', uid: 'uid-orders' };

/** A spec of size 3 as it is carried out, with these fields otherwise. */
export const spec = (fields: Partial<EtcdClusterSpec> = {}): AcceptedSpec => acceptedSpec({ size: 3, ...fields });

/** The labels and the owner that every object of the cluster has. */
export const commonLabels = {
  'app.kubernetes.io/instance': 'orders',
  'app.kubernetes.io/managed-by': 'quorate',
  'app.kubernetes.io/name': 'etcd',
  'quorate.dev/cluster': 'orders',
};

export const metadata = (name: string): object => ({
  name,
  namespace: 'shop',
  labels: commonLabels,
  ownerReferences: [
    {
      apiVersion: 'quorate.dev/v1alpha1',
      kind: 'EtcdCluster',
      name: 'orders',
      uid: 'uid-orders',
      controller: true,
      blockOwnerDeletion: false,
    },
  ],
});
