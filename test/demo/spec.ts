/** What the demo applies. */
export const demoNamespace = 'quorate-demo';
export const clusterName = 'orders';

/** A size that etcd gains nothing from, and a version as a tag would have it. */
export const mistaken = `
apiVersion: quorate.dev/v1alpha1
kind: EtcdCluster
metadata: {name: ${clusterName}}
spec:
  size: 4
  version: v3.6.16
`;

export const ofSize = (size: number): string => `
apiVersion: quorate.dev/v1alpha1
kind: EtcdCluster
metadata: {name: ${clusterName}}
spec:
  size: ${size}
  storage:
    size: 1Gi
    retentionPolicy: {whenStopped: RetainOne}
  options: {backendQuota: 512Mi}
`;
