/**
 * Every name, label and annotation that Quorate derives from an EtcdCluster, in one place: admission judges collisions with
 * them, the controller makes objects with them. No suffix is the tail of another, so two clusters whose own names
 * differ can never derive the same name.
 */
export const group = 'quorate.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
export const fieldManager = 'quorate';

export const labels = {
  /** The cluster's name: on every owned object, pod and volume claim. */
  cluster: `${group}/cluster`,
  /** The incarnation (8 hex characters) that a volume claim or pod belongs to. */
  incarnation: `${group}/incarnation`,
  /** "true" in the pod template; "false" is put on the pod of a learner or of a member about to leave. */
  serving: `${group}/serving`,
  /** Recommended Kubernetes labels. */
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

export const annotations = {
  /** On a volume claim: the cluster ID (hex) whose data it holds. */
  clusterID: `${group}/cluster-id`,
  /** On a volume claim: the birth (number) of the member whose data it holds. */
  birth: `${group}/birth`,
  /** On a volume claim: the member ID (hex) whose data it holds. */
  memberID: `${group}/member-id`,
  /** On a pod: changes whenever a mounted file changed, which makes the kubelet look at once. */
  files: `${group}/files`,
} as const;

/** The largest cluster; ordinals run from 0 to one less. */
export const maxSize = 7;

export const ports = { client: 2379, peer: 2380, metrics: 2381 } as const;

export const names = {
  statefulSet: (cluster: string) => cluster,
  disruptionBudget: (cluster: string) => cluster,
  pod: (cluster: string, ordinal: number) => `${cluster}-${ordinal}`,
  volumeClaim: (cluster: string, ordinal: number) => `data-${cluster}-${ordinal}`,
  volumeClaimTemplate: 'data',
  /** Headless, publishes addresses before readiness: how members find each other. */
  peerService: (cluster: string) => `${cluster}-peers`,
  /** Where applications connect. */
  clientService: (cluster: string) => `${cluster}-client`,
  /** Identity of the cluster and one etcd configuration file a member. */
  members: (cluster: string) => `${cluster}-members`,
  peerAuthority: (cluster: string) => `${cluster}-peer-ca`,
  clientAuthority: (cluster: string) => `${cluster}-client-ca`,
  /** Mounted by members: the certificate of the peer listener and of peer connections. */
  peerCertificate: (cluster: string) => `${cluster}-peer-tls`,
  /** Mounted by members: the certificate of the client listener. */
  serverCertificate: (cluster: string) => `${cluster}-server-tls`,
  /** The operator's own client certificates (client port and peer port). */
  operatorCertificate: (cluster: string) => `${cluster}-operator-tls`,
  /** What an application needs: tls.crt, tls.key, ca.crt. */
  clientCertificate: (cluster: string) => `${cluster}-client`,
} as const;

/** The pod's stable DNS name, without a trailing dot. */
export function memberHost(cluster: { name: string; namespace: string; domain: string }, ordinal: number): string {
  const { name, namespace, domain } = cluster;
  return `${names.pod(name, ordinal)}.${names.peerService(name)}.${namespace}.svc.${domain}`;
}

/** The ordinal behind a pod, claim or host name of this cluster, or undefined when the name is not one of ours. */
export function ordinalOf(cluster: string, podName: string): number | undefined {
  const prefix = `${cluster}-`;
  if (!podName.startsWith(prefix)) return undefined;
  const rest = podName.slice(prefix.length);
  return /^(0|[1-9]\d{0,2})$/.test(rest) ? Number(rest) : undefined;
}
