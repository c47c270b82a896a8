import { labels, names, ports } from '../../api/names.js';

/** The objects of an etcd cluster without an operator: a Parallel StatefulSet, static membership, no TLS. What ours is compared with. */
export function plainEtcd(at: {
  readonly namespace: string;
  readonly name: string;
  readonly size: number;
  readonly version: string;
}): object[] {
  const { namespace, name, size, version } = at;
  const labelled = { [labels.cluster]: name };
  const metadata = (of: string): object => ({ name: of, namespace, labels: labelled });
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(names.peerService(name)),
      spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: labelled, ports: servicePorts },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(names.clientService(name)),
      spec: { selector: labelled, ports: servicePorts.slice(0, 1) },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(names.members(name)),
      data: memberFiles(namespace, name, size),
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(name),
      spec: {
        replicas: size,
        serviceName: names.peerService(name),
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'OnDelete' },
        selector: { matchLabels: labelled },
        template: { metadata: { labels: labelled }, spec: podSpec(name, version) },
        volumeClaimTemplates: [
          {
            metadata: { name: names.volumeClaimTemplate, labels: labelled },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
  ];
}

const servicePorts = [
  { name: 'client', port: ports.client },
  { name: 'peer', port: ports.peer },
];

const host = (namespace: string, name: string, ordinal: number): string =>
  `${names.pod(name, ordinal)}.${names.peerService(name)}.${namespace}.svc.cluster.local`;

function memberFiles(namespace: string, name: string, size: number): Record<string, string> {
  const ordinals = Array.from({ length: size }, (_, ordinal) => ordinal);
  const peer = (ordinal: number): string => `http://${host(namespace, name, ordinal)}:${ports.peer}`;
  const initial = ordinals.map((ordinal) => `${names.pod(name, ordinal)}=${peer(ordinal)}`).join(',');
  return Object.fromEntries(
    ordinals.map((ordinal) => {
      const client = `http://${host(namespace, name, ordinal)}:${ports.client}`;
      const file = {
        name: names.pod(name, ordinal),
        'data-dir': '/var/lib/etcd/data',
        'listen-client-urls': `http://0.0.0.0:${ports.client}`,
        'listen-peer-urls': `http://0.0.0.0:${ports.peer}`,
        'listen-metrics-urls': `http://0.0.0.0:${ports.metrics}`,
        'advertise-client-urls': client,
        'initial-advertise-peer-urls': peer(ordinal),
        'initial-cluster': initial,
        'initial-cluster-state': 'new',
      };
      return [`${names.pod(name, ordinal)}.yaml`, JSON.stringify(file)];
    }),
  );
}

function podSpec(name: string, version: string): object {
  return {
    terminationGracePeriodSeconds: 30,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
    containers: [
      {
        name: 'etcd',
        image: `quay.io/coreos/etcd:v${version}`,
        imagePullPolicy: 'IfNotPresent',
        command: ['etcd', '--config-file=/etc/quorate/$(POD_NAME).yaml'],
        env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        ports: [
          { name: 'client', containerPort: ports.client },
          { name: 'metrics', containerPort: ports.metrics },
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: ports.metrics }, periodSeconds: 1, timeoutSeconds: 5 },
        livenessProbe: { httpGet: { path: '/livez', port: ports.metrics }, periodSeconds: 5, timeoutSeconds: 5 },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: names.volumeClaimTemplate, mountPath: '/var/lib/etcd' },
          { name: 'files', mountPath: '/etc/quorate' },
        ],
      },
    ],
    volumes: [{ name: 'files', configMap: { name: names.members(name) } }],
  };
}
