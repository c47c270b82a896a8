import { expect } from 'chai';
import type { EtcdClusterSpec } from '../../../../api/index.js';
import { statefulSet } from '../../../../controller/objects/stateful-set.js';
import type { KubeObject } from '../../../../kube/index.js';
import { commonLabels, metadata, owner, spec } from './desired.js';
import { differences } from './differences.js';

const render = (fields: Partial<EtcdClusterSpec> = {}): KubeObject =>
  statefulSet({ owner, spec: spec(fields), incarnation: '0badcafe', replicas: 3 });

const ownPods = { matchLabels: { 'quorate.dev/cluster': 'orders' } };
const incarnation = { 'quorate.dev/incarnation': '0badcafe' };
const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
const mounts = [
  { name: 'members', mountPath: '/etc/quorate', readOnly: true },
  { name: 'server-tls', mountPath: '/etc/quorate-tls/server', readOnly: true },
  { name: 'peer-tls', mountPath: '/etc/quorate-tls/peer', readOnly: true },
];
const livez = { path: '/livez', port: 2381, scheme: 'HTTP' };

const etcd = {
  name: 'etcd',
  image: 'quay.io/coreos/etcd:v3.6.16',
  imagePullPolicy: 'IfNotPresent',
  command: ['/usr/local/bin/etcd'],
  args: ['--config-file=/etc/quorate/$(POD_NAME).yaml'],
  env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
  ports: [
    { name: 'client', containerPort: 2379, protocol: 'TCP' },
    { name: 'peer', containerPort: 2380, protocol: 'TCP' },
    { name: 'metrics', containerPort: 2381, protocol: 'TCP' },
  ],
  readinessProbe: {
    tcpSocket: { port: 2379 },
    periodSeconds: 1,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 3,
  },
  livenessProbe: {
    httpGet: livez,
    periodSeconds: 10,
    timeoutSeconds: 15,
    successThreshold: 1,
    failureThreshold: 8,
  },
  startupProbe: {
    httpGet: livez,
    periodSeconds: 1,
    timeoutSeconds: 15,
    successThreshold: 1,
    failureThreshold: 540,
  },
  terminationMessagePolicy: 'FallbackToLogsOnError',
  securityContext: restricted,
  volumeMounts: [{ name: 'data', mountPath: '/var/lib/etcd' }, ...mounts],
};

const whole = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: metadata('orders'),
  spec: {
    replicas: 3,
    serviceName: 'orders-peers',
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'OnDelete' },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    selector: ownPods,
    template: {
      metadata: { labels: { ...commonLabels, ...incarnation, 'quorate.dev/serving': 'true' } },
      spec: {
        enableServiceLinks: false,
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 30,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65_532,
          runAsGroup: 65_532,
          fsGroup: 65_532,
          fsGroupChangePolicy: 'OnRootMismatch',
          seccompProfile: { type: 'RuntimeDefault' },
        },
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'topology.kubernetes.io/zone',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: ownPods,
          },
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: ownPods,
          },
        ],
        containers: [etcd],
        volumes: [
          { name: 'members', configMap: { name: 'orders-members', defaultMode: 0o444 } },
          { name: 'server-tls', secret: { secretName: 'orders-server-tls', defaultMode: 0o440 } },
          { name: 'peer-tls', secret: { secretName: 'orders-peer-tls', defaultMode: 0o440 } },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', labels: { ...commonLabels, ...incarnation } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          volumeMode: 'Filesystem',
          resources: { requests: { storage: '8Gi' } },
        },
      },
    ],
  },
};

const pod = 'spec.template.spec';
const container = `${pod}.containers[0]`;
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const nodeAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['nvme'] }] }],
  },
} as const;
const tolerations = [{ key: 'dedicated', operator: 'Equal', value: 'etcd', effect: 'NoSchedule' }] as const;
const resources = { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '4Gi' } };
const security = {
  runAsUser: 1001,
  runAsGroup: 1002,
  fsGroup: 1003,
  fsGroupChangePolicy: 'Always',
  supplementalGroups: [1004],
} as const;
const spread = [
  { maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', minDomains: 3 },
  {
    maxSkew: 2,
    topologyKey: 'room',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { team: 'shop' } },
  },
] as const;

type PodSpec = NonNullable<NonNullable<EtcdClusterSpec['podTemplate']>['spec']>;

const podSpec = (fields: PodSpec): Partial<EtcdClusterSpec> => ({ podTemplate: { spec: fields } });

/** The readiness of size 1, where that of the default is a TCP connection. */
const healthProbe = (...command: string[]): object => ({
  [`${container}.readinessProbe.tcpSocket`]: null,
  [`${container}.readinessProbe.periodSeconds`]: 2,
  [`${container}.readinessProbe.exec`]: {
    command: [...command, '--dial-timeout=2s', '--command-timeout=4s', 'endpoint', 'health'],
  },
});
const withTLS = [
  '--endpoints=https://localhost:2379',
  '--cacert=/etc/quorate-tls/server/ca.crt',
  '--cert=/etc/quorate-tls/server/tls.crt',
  '--key=/etc/quorate-tls/server/tls.key',
];

interface Row {
  readonly of: string;
  readonly fields: Partial<EtcdClusterSpec>;
  /** What it has otherwise than that of the default spec of size 3. */
  readonly then: object;
}

const rows: readonly Row[] = [
  { of: 'size 5 has the same pods', fields: { size: 5 }, then: {} },
  {
    of: 'size 1 is ready when it gives a linearizable read',
    fields: { size: 1 },
    then: healthProbe('/usr/local/bin/etcdctl', ...withTLS),
  },
  {
    of: 'the Bitnami layout runs its binaries under the tag without a v',
    fields: { size: 1, image: { repository: 'registry.example/etcd', layout: 'Bitnami' } },
    then: {
      [`${container}.image`]: 'registry.example/etcd:3.6.16',
      [`${container}.command[0]`]: '/opt/bitnami/etcd/bin/etcd',
      ...healthProbe('/opt/bitnami/etcd/bin/etcdctl', ...withTLS),
    },
  },
  {
    of: 'an image by digest, from a private registry',
    fields: {
      image: { repository: 'registry.example/etcd', digest, pullPolicy: 'Always', pullSecrets: [{ name: 'registry' }] },
    },
    then: {
      [`${container}.image`]: `registry.example/etcd:v3.6.16@${digest}`,
      [`${container}.imagePullPolicy`]: 'Always',
      [`${pod}.imagePullSecrets`]: [{ name: 'registry' }],
    },
  },
  {
    of: 'an image by a tag of its own',
    fields: { image: { tag: 'v3.6.16-hardened' } },
    then: { [`${container}.image`]: 'quay.io/coreos/etcd:v3.6.16-hardened' },
  },
  {
    of: 'without TLS on either side nothing of it is mounted',
    fields: { size: 1, tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } } },
    then: {
      ...healthProbe('/usr/local/bin/etcdctl', '--endpoints=http://localhost:2379'),
      [`${container}.volumeMounts[2]`]: null,
      [`${container}.volumeMounts[3]`]: null,
      [`${pod}.volumes[1]`]: null,
      [`${pod}.volumes[2]`]: null,
    },
  },
  {
    of: 'without TLS among peers only the certificate of the client port is mounted',
    fields: { tls: { peer: { source: 'Disabled' } } },
    then: { [`${container}.volumeMounts[3]`]: null, [`${pod}.volumes[2]`]: null },
  },
  {
    of: "strategy Readyz asks etcd's own readiness",
    fields: { probes: { strategy: 'Readyz' } },
    then: {
      [`${container}.readinessProbe.tcpSocket`]: null,
      [`${container}.readinessProbe.timeoutSeconds`]: 15,
      [`${container}.readinessProbe.httpGet`]: { path: '/readyz', port: 2381, scheme: 'HTTP' },
    },
  },
  {
    of: 'a larger quota takes longer to open',
    fields: { options: { backendQuota: '4Gi' } },
    then: { [`${container}.startupProbe.failureThreshold`]: 780 },
  },
  {
    of: 'volumes have the size and class that were asked for',
    fields: { storage: { size: '20Gi', storageClassName: 'fast' } },
    then: {
      'spec.volumeClaimTemplates[0].spec.resources.requests.storage': '20Gi',
      'spec.volumeClaimTemplates[0].spec.storageClassName': 'fast',
    },
  },
  { of: 'the cluster domain stands in files and certificates alone', fields: { clusterDomain: 'k8s.corp' }, then: {} },
  {
    of: 'further names stand in certificates alone',
    fields: { tls: { client: { extraSANs: { dnsNames: ['etcd.corp'] } } } },
    then: {},
  },
  {
    of: 'the debug sidecar sees processes, data and certificates, and may change nothing',
    fields: { debug: { mode: 'Sidecar' } },
    then: {
      [`${pod}.shareProcessNamespace`]: true,
      [`${pod}.containers[1]`]: {
        name: 'debug',
        image: 'nicolaka/netshoot',
        imagePullPolicy: 'IfNotPresent',
        command: ['sleep', 'infinity'],
        securityContext: restricted,
        volumeMounts: [{ name: 'data', mountPath: '/var/lib/etcd', readOnly: true }, ...mounts],
      },
    },
  },
  {
    of: 'the debug sidecar has the image that was asked for, and no certificates where there are none',
    fields: {
      debug: { mode: 'Sidecar', image: 'busybox:1.37' },
      tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } },
    },
    then: {
      [`${container}.volumeMounts[2]`]: null,
      [`${container}.volumeMounts[3]`]: null,
      [`${pod}.volumes[1]`]: null,
      [`${pod}.volumes[2]`]: null,
      [`${pod}.shareProcessNamespace`]: true,
      [`${pod}.containers[1]`]: {
        name: 'debug',
        image: 'busybox:1.37',
        imagePullPolicy: 'IfNotPresent',
        command: ['sleep', 'infinity'],
        securityContext: restricted,
        volumeMounts: [{ name: 'data', mountPath: '/var/lib/etcd', readOnly: true }, mounts[0]],
      },
    },
  },
  {
    of: 'labels and annotations of the podTemplate are on the pods',
    fields: {
      podTemplate: { metadata: { labels: { team: 'shop' }, annotations: { 'shop.example/note': 'hands off' } } },
    },
    then: {
      'spec.template.metadata.labels.team': 'shop',
      'spec.template.metadata.annotations': { 'shop.example/note': 'hands off' },
    },
  },
  {
    of: "labels of the podTemplate never replace the operator's, even where no rule held them back",
    fields: {
      podTemplate: {
        metadata: {
          labels: {
            'quorate.dev/cluster': 'other',
            'quorate.dev/incarnation': 'ffffffff',
            'quorate.dev/serving': 'false',
            'app.kubernetes.io/instance': 'other',
          },
        },
      },
    },
    then: {},
  },
  {
    of: 'where the pods may run',
    fields: podSpec({
      nodeSelector: { disk: 'nvme' },
      affinity: { nodeAffinity },
      tolerations,
      priorityClassName: 'system-cluster-critical',
      terminationGracePeriodSeconds: 90,
    }),
    then: {
      [`${pod}.nodeSelector`]: { disk: 'nvme' },
      [`${pod}.affinity`]: { nodeAffinity },
      [`${pod}.tolerations`]: tolerations,
      [`${pod}.priorityClassName`]: 'system-cluster-critical',
      [`${pod}.terminationGracePeriodSeconds`]: 90,
    },
  },
  {
    of: 'a spread of their own replaces ours; it counts the members of this cluster where it does not say otherwise',
    fields: podSpec({ topologySpreadConstraints: spread }),
    then: {
      [`${pod}.topologySpreadConstraints[0].topologyKey`]: 'rack',
      [`${pod}.topologySpreadConstraints[0].whenUnsatisfiable`]: 'DoNotSchedule',
      [`${pod}.topologySpreadConstraints[0].minDomains`]: 3,
      [`${pod}.topologySpreadConstraints[1].maxSkew`]: 2,
      [`${pod}.topologySpreadConstraints[1].topologyKey`]: 'room',
      [`${pod}.topologySpreadConstraints[1].labelSelector.matchLabels.quorate.dev/cluster`]: null,
      [`${pod}.topologySpreadConstraints[1].labelSelector.matchLabels.team`]: 'shop',
    },
  },
  {
    of: 'no spread at all, when asked for',
    fields: podSpec({ topologySpreadConstraints: [] }),
    then: { [`${pod}.topologySpreadConstraints[0]`]: null, [`${pod}.topologySpreadConstraints[1]`]: null },
  },
  {
    of: 'users and groups of their own, which are never root',
    fields: podSpec({ securityContext: security }),
    then: {
      [`${pod}.securityContext.runAsUser`]: 1001,
      [`${pod}.securityContext.runAsGroup`]: 1002,
      [`${pod}.securityContext.fsGroup`]: 1003,
      [`${pod}.securityContext.fsGroupChangePolicy`]: 'Always',
      [`${pod}.securityContext.supplementalGroups`]: [1004],
    },
  },
  {
    of: 'resources of the etcd container',
    fields: podSpec({ containers: [{ name: 'etcd', resources }] }),
    then: { [`${container}.resources`]: resources },
  },
];

describe('objects: the StatefulSet', () => {
  it('of the default spec of size 3, whole', () => expect(render()).to.deep.equal(whole));

  for (const { of, fields, then } of rows) {
    it(of, () => expect(differences(whole, render(fields))).to.deep.equal(then));
  }

  it('of a stopped cluster has no pods and is otherwise the same', () =>
    expect(
      differences(whole, statefulSet({ owner, spec: spec(), incarnation: '0badcafe', replicas: 0 })),
    ).to.deep.equal({ 'spec.replicas': 0 }));
});
