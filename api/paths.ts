/** Where a member's container finds what it needs; the controller mounts it there, probes and the etcd configuration name it. */
export const paths = {
  /** One etcd configuration file a member (`<pod name>.yaml`), mounted as a folder so that a sealed file arrives without a restart. */
  members: '/etc/quorate',
  data: '/var/lib/etcd',
  /** Certificate of the client listener. It carries clientAuth too, so that the exec probe needs no certificate of its own. */
  server: {
    folder: '/etc/quorate-tls/server',
    cert: '/etc/quorate-tls/server/tls.crt',
    key: '/etc/quorate-tls/server/tls.key',
    ca: '/etc/quorate-tls/server/ca.crt',
  },
  peer: {
    folder: '/etc/quorate-tls/peer',
    cert: '/etc/quorate-tls/peer/tls.crt',
    key: '/etc/quorate-tls/peer/tls.key',
    ca: '/etc/quorate-tls/peer/ca.crt',
    /** What a member presents to other members. */
    client: { cert: '/etc/quorate-tls/peer/client.crt', key: '/etc/quorate-tls/peer/client.key' },
  },
} as const;

export type ImageLayout = 'Official' | 'Bitnami';

/** Where an image of each layout keeps etcd's binaries. */
export const binaries: Readonly<Record<ImageLayout, { readonly etcd: string; readonly etcdctl: string }>> = {
  Official: { etcd: '/usr/local/bin/etcd', etcdctl: '/usr/local/bin/etcdctl' },
  Bitnami: { etcd: '/opt/bitnami/etcd/bin/etcd', etcdctl: '/opt/bitnami/etcd/bin/etcdctl' },
};
