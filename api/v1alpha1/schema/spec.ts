import { dnsName, flag, imageName, listMap, object, objectName, oneOf, text, type Schema } from '../../schema.js';
import { options } from './options.js';
import { podTemplate } from './pod-template.js';
import { probes } from './probes.js';
import { storage } from './storage.js';
import { tls } from './tls.js';

const size: Schema = {
  type: 'integer',
  format: 'int32',
  description:
    'Number of voting members: 0, 1, 3, 5 or 7. Even sizes are refused: they tolerate no more failures than the odd size below ' +
    'and need one member more for every write. Any step between these sizes is allowed at once (1 to 7, 5 to 1): the operator ' +
    'walks it one voter at a time and never below quorum.\n\n' +
    '0 means stopped: no pod runs, and storage.retentionPolicy.whenStopped says what happens to the volumes. Setting a size ' +
    'above 0 again wakes the cluster with its data. `kubectl scale` sets this field too and obeys the same rules.',
};

const image = object(
  'The container image that members run. Cannot be changed on an existing cluster in this version, except pullPolicy and pullSecrets.',
  {
    repository: text(
      'Repository without tag or digest, for example "quay.io/coreos/etcd". Required with layout Bitnami.',
      255,
      {
        minLength: 1,
        pattern: `^${imageName}$`,
        'x-hint': 'must be a repository without tag or digest, for example "quay.io/coreos/etcd"',
        'x-derived': 'quay.io/coreos/etcd with layout Official',
      },
    ),
    tag: text(
      'Tag. Empty means the tag of spec.version as the layout names it: "v3.6.16" for Official, "3.6.16" for Bitnami.',
      128,
      { pattern: '^([a-zA-Z0-9_][a-zA-Z0-9._-]*)?$', default: '' },
    ),
    digest: text(
      'Digest, "sha256:" and 64 hexadecimal digits. When set, it decides what runs and the tag is only for readers. It must be of spec.version.',
      71,
      { pattern: '^(sha256:[a-f0-9]{64})?$', default: '' },
    ),
    layout: oneOf(
      'Where the image keeps its binaries. Official: /usr/local/bin, as in quay.io/coreos/etcd and registry.k8s.io/etcd. ' +
        'Bitnami: /opt/bitnami/etcd/bin. The entry point of the image is never used.',
      ['Official', 'Bitnami'],
      { title: 'ImageLayout', default: 'Official' },
    ),
    pullPolicy: oneOf('When the kubelet pulls the image, as in core Kubernetes.', ['Always', 'IfNotPresent', 'Never'], {
      default: 'IfNotPresent',
    }),
    pullSecrets: listMap(
      'Secrets of this namespace with registry credentials, as imagePullSecrets of a pod.',
      8,
      ['name'],
      object(
        'Names a Secret in the namespace of the cluster.',
        { name: objectName('Name of the Secret.') },
        {
          title: 'LocalObjectReference',
          required: ['name'],
        },
      ),
    ),
  },
  { title: 'ImageSpec', default: {} },
);

const bootstrap = object(
  'How the cluster is born. Judged once: it cannot be changed on an existing cluster, because birth happens once.',
  {
    strategy: oneOf(
      'Parallel starts all members at once with a static member list: the quickest way to a full cluster.',
      ['Parallel'],
      {
        default: 'Parallel',
      },
    ),
    source: object(
      'Where the first data comes from.',
      { type: oneOf('Empty: the cluster starts without keys.', ['Empty'], { default: 'Empty' }) },
      { title: 'BootstrapSource', default: {} },
    ),
  },
  { title: 'BootstrapSpec', default: {} },
);

const debug = object(
  'Tools beside a member, for looking around in a running pod.',
  {
    mode: oneOf(
      'Sidecar adds a container "debug" to each member, which shares its process namespace and mounts its certificates and ' +
        'data read-only: `kubectl exec -it NAME-0 -c debug -- sh`. Takes effect when a pod is next started.',
      ['Disabled', 'Sidecar'],
      { title: 'DebugMode', default: 'Disabled' },
    ),
    image: text('Image of the debug container. Used with mode Sidecar.', 512, {
      minLength: 1,
      pattern: `^${imageName}(:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?(@sha256:[a-f0-9]{64})?$`,
      'x-hint': 'must be the reference of an image, for example "docker.io/nicolaka/netshoot:v0.13"',
      'x-derived': 'nicolaka/netshoot',
    }),
  },
  { title: 'DebugSpec', default: {} },
);

export const spec = object(
  'What the cluster should be. The operator carries out only what admission would accept; the fields it filled in itself are kept ' +
    'for the life of the cluster, whatever a later version of the operator would choose.',
  {
    size,
    version: text(
      'The etcd release, as x.y.z: "3.6.16". Known minors are 3.5, 3.6 and 3.7; a patch that this operator does not know yet is ' +
        'accepted with a warning. Cannot be changed on an existing cluster in this version.',
      16,
      { 'x-derived': 'the newest known patch of 3.6' },
    ),
    image,
    storage,
    deletionProtection: oneOf(
      'Enabled refuses the deletion of this object, so that neither a slip nor a pruning GitOps tool takes the cluster away. Set ' +
        'it to Disabled first. Needs the admission webhook.',
      ['Disabled', 'Enabled'],
      { title: 'DeletionProtection', default: 'Disabled' },
    ),
    bootstrap,
    tls,
    probes,
    options,
    podTemplate,
    debug,
    // 253 characters of a member's name less the longest that may stand before: pod (54), Service (58), namespace (63), "svc" and dots.
    clusterDomain: dnsName(
      'The DNS domain of the Kubernetes cluster, which member addresses and certificates end in. Cannot be changed on an existing cluster.',
      71,
      { default: 'cluster.local' },
    ),
    paused: flag(
      'While true the operator changes nothing about this cluster, except that status is kept up to date and certificates are ' +
        'renewed before they expire. Members go on serving.',
      { default: false },
    ),
  },
  { title: 'EtcdClusterSpec', required: ['size'] },
);
