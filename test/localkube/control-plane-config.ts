// What the control plane's processes are told: flags, audit policy, Corefile. Pure, so that tests can read it.
import { join } from 'node:path';
import type { NetworkPlan } from './network-plan.js';

export interface Places {
  readonly pki: string;
  readonly kubeconfigs: string;
  readonly etcdData: string;
  readonly auditLog: string;
  readonly auditPolicy: string;
  readonly corefile: string;
  readonly flexVolumes: string;
}

// The store of a cluster that is thrown away: an fsync for every write would only make the disk's speed part of each test.
export function etcdArguments(places: Places): readonly string[] {
  return [
    '--name=store',
    `--data-dir=${places.etcdData}`,
    '--unsafe-no-fsync',
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--initial-advertise-peer-urls=http://127.0.0.1:2380',
    '--initial-cluster=store=http://127.0.0.1:2380',
    '--quota-backend-bytes=8589934592',
    '--log-level=warn',
  ];
}

export function apiServerArguments(plan: NetworkPlan, places: Places): readonly string[] {
  const pki = (file: string): string => join(places.pki, file);
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${plan.controlPlane}`,
    '--secure-port=6443',
    `--tls-cert-file=${pki('kube-apiserver.crt')}`,
    `--tls-private-key-file=${pki('kube-apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--service-cluster-ip-range=${plan.services}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    // Webhooks and extension servers are called at their pods' addresses: no kube-proxy is needed where the API server runs.
    '--enable-aggregator-routing=true',
    `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
    `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-username-headers=X-Remote-User',
    // Otherwise exec and logs look the node's name up in DNS.
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    `--kubelet-client-certificate=${pki('kube-apiserver-kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('kube-apiserver-kubelet-client.key')}`,
    `--audit-log-path=${places.auditLog}`,
    '--audit-log-format=json',
    // 0 never rotates: a reader that follows the file would lose what lies in the old one.
    '--audit-log-maxsize=0',
    `--audit-policy-file=${places.auditPolicy}`,
  ];
}

/** Writes are logged, those of the product's own objects whole, and all that the operator asks; other reads, Leases and Events are not. */
export function auditPolicy(): string {
  const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];
  return JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      { level: 'RequestResponse', verbs: writes, resources: [{ group: 'quorate.dev' }] },
      // Reads and refusals too: its rights are held against what it really asked.
      { level: 'Metadata', users: ['system:serviceaccount:quorate-system:quorate-controller'] },
      {
        level: 'None',
        resources: [
          { group: 'coordination.k8s.io', resources: ['leases'] },
          { group: '', resources: ['events'] },
          { group: 'events.k8s.io', resources: ['events'] },
        ],
      },
      { level: 'Metadata', verbs: writes },
      { level: 'None' },
    ],
  });
}

export function controllerManagerArguments(plan: NetworkPlan, places: Places): readonly string[] {
  const config = join(places.kubeconfigs, 'kube-controller-manager');
  return [
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    // There is one; waiting for a Lease would only make it later.
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    // A token for each of forty controllers: at the default of 20 requests a second they alone would take three seconds.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    `--service-account-private-key-file=${join(places.pki, 'service-account.key')}`,
    `--root-ca-file=${join(places.pki, 'ca.crt')}`,
    `--cluster-signing-cert-file=${join(places.pki, 'ca.crt')}`,
    `--cluster-signing-key-file=${join(places.pki, 'ca.key')}`,
    `--cluster-cidr=${plan.pods}`,
    `--service-cluster-ip-range=${plan.services}`,
    // Its default is a folder of the machine's, which it makes.
    `--flex-volume-plugin-dir=${places.flexVolumes}`,
  ];
}

export function schedulerArguments(places: Places): readonly string[] {
  const config = join(places.kubeconfigs, 'kube-scheduler');
  return [
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--leader-elect=false',
  ];
}

/** A TTL of one second, so that a client meets a moved member as soon as the API knows it. */
export function corefile(places: Places): string {
  return [
    '.:53 {',
    '  errors',
    '  ready 127.0.0.1:8181',
    '  kubernetes cluster.local in-addr.arpa {',
    `    kubeconfig ${join(places.kubeconfigs, 'coredns')}`,
    '    pods insecure',
    '    ttl 1',
    '  }',
    '}',
    '',
  ].join('\n');
}
