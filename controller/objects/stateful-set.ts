import { deriveProbes, imageReference } from '../../api/index.js';
import { labels, names, ports } from '../../api/names.js';
import { binaries, paths } from '../../api/paths.js';
import type { KubeObject } from '../../kube/index.js';
import { commonLabels, objectMeta, type Desired } from './common.js';

/** A uid that owns nothing on any node; distroless images call it "nonroot". */
const nobody = 65_532;

export interface StatefulSetInput extends Desired {
  readonly incarnation: string;
  readonly replicas: number;
}

/**
 * Pods and volumes, nothing more: which members exist is etcd's and the identity's business. OnDelete and Parallel, because the order of
 * starts and stops follows the membership, which a StatefulSet does not know.
 */
export function statefulSet(input: StatefulSetInput): KubeObject {
  const { owner, spec, incarnation, replicas } = input;
  const selector = { [labels.cluster]: owner.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: objectMeta(owner, names.statefulSet(owner.name)),
    spec: {
      replicas,
      serviceName: names.peerService(owner.name),
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      // Volumes are released by the operator alone, after their member left the membership.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selector },
      template: podTemplate(input),
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: {
            name: names.volumeClaimTemplate,
            labels: { ...commonLabels(owner), [labels.incarnation]: incarnation },
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            volumeMode: 'Filesystem',
            resources: { requests: { storage: spec.storage.size } },
            ...(spec.storage.storageClassName !== undefined && { storageClassName: spec.storage.storageClassName }),
          },
        },
      ],
    },
  };
}

function podTemplate(input: StatefulSetInput): object {
  const { owner, spec, incarnation } = input;
  const { labels: userLabels, annotations } = spec.podTemplate?.metadata ?? {};
  return {
    metadata: {
      labels: {
        ...userLabels,
        ...commonLabels(owner),
        [labels.incarnation]: incarnation,
        // In the template, so that an operator's absence costs an endpoint too many and never all of them.
        [labels.serving]: 'true',
      },
      ...(annotations && { annotations }),
    },
    spec: { ...ourPart(input), ...usersPart(spec) },
  };
}

function ourPart(input: StatefulSetInput): object {
  const { spec } = input;
  const hasSidecar = spec.debug.mode === 'Sidecar';
  return {
    // A Service named "etcd" would put ETCD_* into the environment, which etcd reads as its own settings.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    ...(hasSidecar && { shareProcessNamespace: true }),
    securityContext: {
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      fsGroupChangePolicy: 'OnRootMismatch',
      ...spec.podTemplate?.spec?.securityContext,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(spec.image.pullSecrets && { imagePullSecrets: spec.image.pullSecrets }),
    topologySpreadConstraints: spread(input),
    containers: [etcdContainer(input), ...(hasSidecar ? [debugContainer(input)] : [])],
    volumes: volumes(input),
  };
}

function usersPart({ podTemplate: { spec = {} } = {} }: Desired['spec']): object {
  const { nodeSelector, affinity, tolerations, priorityClassName, terminationGracePeriodSeconds = 30 } = spec;
  return {
    terminationGracePeriodSeconds,
    ...(nodeSelector && { nodeSelector }),
    ...(affinity && { affinity }),
    ...(tolerations && { tolerations }),
    ...(priorityClassName !== undefined && { priorityClassName }),
  };
}

/** Apart in zones and on nodes where there are several; a cluster on one node still starts. */
function spread({ owner, spec }: StatefulSetInput): readonly object[] {
  const own = { matchLabels: { [labels.cluster]: owner.name } };
  const user = spec.podTemplate?.spec?.topologySpreadConstraints;
  if (user) return user.map((each) => ({ labelSelector: own, ...each }));
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: own,
  }));
}

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function etcdContainer({ spec }: StatefulSetInput): object {
  const probes = deriveProbes(spec);
  const resources = spec.podTemplate?.spec?.containers?.find(({ name }) => name === 'etcd')?.resources;
  return {
    name: 'etcd',
    image: imageReference(spec),
    imagePullPolicy: spec.image.pullPolicy,
    command: [binaries[spec.image.layout].etcd],
    args: [`--config-file=${paths.members}/$(POD_NAME).yaml`],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    ports: [
      { name: 'client', containerPort: ports.client, protocol: 'TCP' },
      { name: 'peer', containerPort: ports.peer, protocol: 'TCP' },
      { name: 'metrics', containerPort: ports.metrics, protocol: 'TCP' },
    ],
    readinessProbe: probes.readiness,
    livenessProbe: probes.liveness,
    startupProbe: probes.startup,
    // How a refusal to start is read without the right to read logs.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: restricted,
    ...(resources && { resources }),
    volumeMounts: mounts(spec, false),
  };
}

function debugContainer({ spec }: StatefulSetInput): object {
  return {
    name: 'debug',
    image: spec.debug.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', 'infinity'],
    securityContext: restricted,
    volumeMounts: mounts(spec, true),
  };
}

const mounts = (spec: Desired['spec'], readOnly: boolean): readonly object[] => [
  { name: names.volumeClaimTemplate, mountPath: paths.data, ...(readOnly && { readOnly }) },
  // A folder and never a subPath: only a folder follows a changed ConfigMap.
  { name: 'members', mountPath: paths.members, readOnly: true },
  ...(spec.tls.client.source === 'Operator'
    ? [{ name: 'server-tls', mountPath: paths.server.folder, readOnly: true }]
    : []),
  ...(spec.tls.peer.source === 'Operator' ? [{ name: 'peer-tls', mountPath: paths.peer.folder, readOnly: true }] : []),
];

// etcd refuses private keys that others than its group may read; fsGroup makes the files 0640.
const secretMode = 0o440;

const volumes = ({ owner, spec }: StatefulSetInput): readonly object[] => [
  { name: 'members', configMap: { name: names.members(owner.name), defaultMode: 0o444 } },
  ...(spec.tls.client.source === 'Operator'
    ? [{ name: 'server-tls', secret: { secretName: names.serverCertificate(owner.name), defaultMode: secretMode } }]
    : []),
  ...(spec.tls.peer.source === 'Operator'
    ? [{ name: 'peer-tls', secret: { secretName: names.peerCertificate(owner.name), defaultMode: secretMode } }]
    : []),
];
