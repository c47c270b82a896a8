import { invalid, tooLong, unsupported, wrongType, type Row } from './row.js';

const labels = (value: unknown) => ({ size: 1, podTemplate: { metadata: { labels: value } } });
const resources = (value: unknown) => ({
  size: 1,
  podTemplate: { spec: { containers: [{ name: 'etcd', resources: value }] } },
});
const quantity = 'must be a quantity of Kubernetes of at most 18 digits, for example "500m" or "4Gi"';
const taken = 'is kept for the operator or for Kubernetes; choose another key, for example under your own domain';
const key = 'is not a valid key: a name of at most 63 characters, optionally after a DNS domain and "/"';

export const podRows: readonly Row[] = [
  {
    title: "labels of one's own are accepted",
    spec: labels({ team: 'a', 'app.kubernetes.io/part-of': 'shop' }),
    causes: [],
  },
  ...['quorate.dev/serving', 'app.kubernetes.io/name', 'controller-revision-hash', 'apps.kubernetes.io/pod-index'].map(
    (label): Row => ({
      title: `the label ${label} is the operator's`,
      spec: labels({ [label]: 'x' }),
      causes: [invalid('pods-reserved-keys', 'spec.podTemplate.metadata.labels', `"${label}": ${label} ${taken}`)],
    }),
  ),
  {
    title: 'an annotation is counted in characters, as the API server counts',
    spec: { size: 1, podTemplate: { metadata: { annotations: { a: '😀'.repeat(4096) } } } },
    causes: [],
  },
  {
    title: 'an annotation of more characters is refused',
    spec: { size: 1, podTemplate: { metadata: { annotations: { a: '😀'.repeat(4097) } } } },
    causes: [tooLong('schema', 'spec.podTemplate.metadata.annotations[a]', 'may not be more than 4096 bytes')],
  },
  {
    title: 'annotations are counted together in bytes, as a pod is',
    spec: {
      size: 1,
      podTemplate: {
        metadata: {
          annotations: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`a${index}`, '😀'.repeat(4096)])),
        },
      },
    },
    causes: [
      tooLong('pods-annotation-size', 'spec.podTemplate.metadata.annotations', 'may not be more than 258048 bytes'),
    ],
  },
  {
    title: 'reserved annotations are refused too',
    spec: { size: 1, podTemplate: { metadata: { annotations: { 'quorate.dev/files': 'x' } } } },
    causes: [
      invalid(
        'pods-reserved-keys',
        'spec.podTemplate.metadata.annotations',
        `"quorate.dev/files": quorate.dev/files ${taken}`,
      ),
    ],
  },
  ...[
    'container.apparmor.security.beta.kubernetes.io/etcd',
    'seccomp.security.alpha.kubernetes.io/pod',
    'container.seccomp.security.alpha.kubernetes.io/etcd',
    'kubernetes.io/config.mirror',
  ].map((name): Row => ({
    title: `the annotation ${name} would give a pod other rights`,
    spec: { size: 1, podTemplate: { metadata: { annotations: { [name]: 'unconfined' } } } },
    causes: [invalid('pods-reserved-keys', 'spec.podTemplate.metadata.annotations', `"${name}": ${name} ${taken}`)],
  })),
  {
    title: 'a resource of less than nothing is refused, as a number too',
    spec: resources({ limits: { cpu: -1 } }),
    causes: [
      invalid(
        'schema',
        'spec.podTemplate.spec.containers[0].resources.limits[cpu]',
        '-1: must be greater than or equal to 0',
      ),
    ],
  },
  {
    title: 'devices and huge pages are requested as they are limited',
    spec: resources({
      limits: { 'nvidia.com/gpu': 1, 'hugepages-2Mi': '4Mi', cpu: 2 },
      requests: { 'nvidia.com/gpu': '1', cpu: '500m' },
    }),
    causes: [],
  },
  {
    title: 'resources that no pod could have are refused',
    spec: resources({
      limits: { mem: '1Gi', 'hugepages-2Mi': '1500m', 'nvidia.com/gpu': 2 },
      requests: { 'nvidia.com/gpu': 1, 'example.com/fpga': 1 },
    }),
    causes: [
      invalid(
        'pods-requests',
        'spec.podTemplate.spec.containers[0].resources.limits[hugepages-2Mi]',
        '"1500m": must be a whole number',
      ),
      invalid(
        'pods-requests',
        'spec.podTemplate.spec.containers[0].resources.limits[mem]',
        '"1Gi": must be cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain, for example "nvidia.com/gpu"',
      ),
      invalid(
        'pods-requests',
        'spec.podTemplate.spec.containers[0].resources.requests[example.com/fpga]',
        '1: must have a limit of the same amount',
      ),
      invalid(
        'pods-requests',
        'spec.podTemplate.spec.containers[0].resources.requests[nvidia.com/gpu]',
        '1: must be the limit; nearest: 2',
      ),
    ],
  },
  {
    title: 'a key that Kubernetes would not take is refused',
    spec: labels({ 'a b': 'x' }),
    causes: [invalid('pods-valid-keys', 'spec.podTemplate.metadata.labels', `"a b": a b ${key}`)],
  },
  {
    title: 'a value of a label is at most 63 characters long',
    spec: labels({ a: 'x'.repeat(64) }),
    causes: [tooLong('schema', 'spec.podTemplate.metadata.labels[a]', 'may not be more than 63 bytes')],
  },
  {
    title: 'a value of a label is written as Kubernetes asks',
    spec: labels({ team: 'hello world!' }),
    causes: [
      invalid(
        'schema',
        'spec.podTemplate.metadata.labels[team]',
        '"hello world!": must be at most 63 letters, digits, "-", "_" and ".", a letter or digit at both ends',
      ),
    ],
  },
  {
    title: 'quantities of a size that nothing has are refused',
    spec: resources({ limits: { cpu: '1'.repeat(20) }, requests: { cpu: '1e100' } }),
    causes: [
      invalid(
        'schema',
        'spec.podTemplate.spec.containers[0].resources.limits[cpu]',
        `"${'1'.repeat(20)}": ${quantity}`,
      ),
      invalid('schema', 'spec.podTemplate.spec.containers[0].resources.requests[cpu]', `"1e100": ${quantity}`),
    ],
  },
  {
    title: 'a number is no label',
    spec: labels({ a: 5 }),
    causes: [wrongType('schema', 'spec.podTemplate.metadata.labels[a]', '"integer": must be of type string')],
  },
  {
    title: 'requests above limits are refused',
    spec: resources({ limits: { cpu: '500m', memory: '8Gi' }, requests: { cpu: 1, memory: '1Gi' } }),
    causes: [
      invalid(
        'pods-requests',
        'spec.podTemplate.spec.containers[0].resources.requests[cpu]',
        '1: must be at most the limit; nearest: 500m',
      ),
    ],
  },
  {
    title: 'too little memory for the quota is warned about',
    spec: resources({ limits: { memory: '3Gi' } }),
    causes: [],
    warnings: ['spec.podTemplate: memory limit 3Gi is below twice options.backendQuota (2Gi)'],
  },
  {
    title: 'only the container etcd has settings',
    spec: { size: 1, podTemplate: { spec: { containers: [{ name: 'sidecar' }] } } },
    causes: [unsupported('schema', 'spec.podTemplate.spec.containers[0].name', '"sidecar": supported values: "etcd"')],
  },
  {
    title: 'root is refused',
    spec: { size: 1, podTemplate: { spec: { securityContext: { runAsUser: 0 } } } },
    causes: [
      invalid('schema', 'spec.podTemplate.spec.securityContext.runAsUser', '0: must be greater than or equal to 1'),
    ],
  },
  {
    title: 'the pod template of a running cluster may be changed, and says when it counts',
    old: labels({ team: 'a' }),
    spec: labels({ team: 'b' }),
    causes: [],
    warnings: ['spec.podTemplate: members take it when their pods next start; size 0 and back does that for all'],
  },
  {
    title: 'the debug sidecar too',
    old: { size: 1 },
    spec: { size: 1, debug: { mode: 'Sidecar' } },
    causes: [],
    warnings: ['spec.debug: members take it when their pods next start; size 0 and back does that for all'],
  },
  ...(['quorate.dev/x', 'a b'] as const).map((label): Row => ({
    title: `the label "${label}" from before the rule does not block edits of annotations`,
    old: labels({ [label]: 'y' }),
    spec: { size: 1, podTemplate: { metadata: { labels: { [label]: 'y' }, annotations: { a: 'b' } } } },
    causes: [],
    warnings: ['spec.podTemplate: members take it when their pods next start; size 0 and back does that for all'],
  })),
];
