import { forbidden, invalid, required, tooLong, unsupported, wrongType, type Row } from './row.js';

const derived =
  'is derived by the operator; leave it out, and set probes.strategy to Auto or Readyz to choose how members are probed';
const quantity = 'must be a whole number with one of the suffixes Ki, Mi, Gi, Ti, k, M, G, T, for example "8Gi"';
const label =
  'must be a DNS label that begins with a letter (lowercase letters, digits and "-"), as Services are named after it';

/** Names, probes, identity, and the schema itself. */
export const shapeRows: readonly Row[] = [
  { title: 'a spec without size is refused', spec: {}, causes: [required('schema', 'spec.size', 'must be given')] },
  {
    title: 'a size in quotes is refused',
    spec: { size: '3' },
    causes: [wrongType('schema', 'spec.size', '"string": must be of type integer')],
  },
  {
    title: 'a fraction of a member is refused',
    spec: { size: 2.5 },
    causes: [wrongType('schema', 'spec.size', '"number": must be of type integer')],
  },
  {
    title: 'a misspelt field is refused with the one that was meant',
    spec: { size: 3, sise: 3 },
    causes: [forbidden('schema', 'spec.sise', 'unknown field; did you mean "size"?')],
  },
  {
    title: 'all mistakes are named at once, sorted by field',
    spec: { size: 4, version: '3.6', storage: { size: '1Mi', type: 'Memory' }, paused: 'yes' },
    causes: [
      wrongType('schema', 'spec.paused', '"string": must be of type boolean'),
      invalid('size-odd', 'spec.size', '4: must be one of 0, 1, 3, 5, 7; nearest: 3 or 5'),
      invalid('storage-size', 'spec.storage.size', '"1Mi": must be at least 512Mi'),
      unsupported('schema', 'spec.storage.type', '"Memory": supported values: "PersistentVolumeClaim"'),
      invalid('version-known', 'spec.version', '"3.6": must name a patch, as x.y.z; the newest known is "3.6.16"'),
    ],
  },
  { title: 'a name of 52 characters fits', name: 'a'.repeat(52), spec: { size: 1 }, causes: [] },
  {
    title: 'a longer name is refused',
    name: 'a'.repeat(53),
    spec: { size: 1 },
    causes: [
      invalid(
        'name-length',
        'metadata.name',
        `"${'a'.repeat(53)}": must be at most 52 characters: the names of pods, Services and revisions are made from it; nearest: ${'a'.repeat(52)}`,
      ),
    ],
  },
  {
    title: 'a name that begins with a digit is refused',
    name: '7orders',
    spec: { size: 1 },
    causes: [invalid('name-label', 'metadata.name', `"7orders": ${label}; nearest: etcd-7orders`)],
  },
  {
    title: 'a name with dots is refused',
    name: 'orders.eu',
    spec: { size: 1 },
    causes: [invalid('name-label', 'metadata.name', `"orders.eu": ${label}; nearest: orders-eu`)],
  },
  {
    title: 'a name from before the rule does not block edits',
    name: 'orders.eu',
    old: { size: 1 },
    spec: { size: 1, paused: true },
    causes: [],
  },
  {
    title: "a probe of one's own is refused",
    spec: { size: 1, probes: { liveness: { httpGet: { path: '/health', port: 2379 } } } },
    causes: [forbidden('probes-derived', 'spec.probes.liveness', derived)],
  },
  ...['4GB', '8GiB', '5.5Gi', ''].map((backendQuota): Row => ({
    title: `a quota of "${backendQuota}" is refused for itself, not for the probes that are derived from it`,
    spec: { size: 1, options: { backendQuota } },
    causes: [invalid('schema', 'spec.options.backendQuota', `"${backendQuota}": ${quantity}`)],
  })),
  {
    title: 'a fraction of three members is refused for itself too',
    spec: { size: 3.5 },
    causes: [wrongType('schema', 'spec.size', '"number": must be of type integer')],
  },
  {
    title: 'strategy Custom is refused with those that exist',
    spec: { size: 1, probes: { strategy: 'Custom' } },
    causes: [unsupported('schema', 'spec.probes.strategy', '"Custom": supported values: "Auto", "Readyz"')],
  },
  {
    title: 'another strategy is accepted, and says when it counts',
    old: { size: 1 },
    spec: { size: 1, probes: { strategy: 'Readyz' } },
    causes: [],
    warnings: ['spec.probes.strategy: members take it when their pods next start; size 0 and back does that for all'],
  },
  {
    title: 'a part of the cluster domain has at most 63 characters',
    spec: { size: 1, clusterDomain: `${'a'.repeat(64)}.b` },
    causes: [
      invalid(
        'schema',
        'spec.clusterDomain',
        `"${'a'.repeat(63)}…": must be a DNS name in lower case, each part of at most 63 characters`,
      ),
    ],
  },
  {
    title: 'the longest cluster domain leaves room for the name of a member',
    name: 'a'.repeat(52),
    spec: { size: 1, clusterDomain: `${'a'.repeat(62)}.${'b'.repeat(8)}` },
    causes: [],
  },
  {
    title: 'a longer cluster domain does not',
    spec: { size: 1, clusterDomain: `${'a'.repeat(62)}.${'b'.repeat(9)}` },
    causes: [tooLong('schema', 'spec.clusterDomain', 'may not be more than 71 bytes')],
  },
  {
    title: 'the cluster domain stays',
    old: { size: 1 },
    spec: { size: 1, clusterDomain: 'k8s.example' },
    causes: [
      forbidden(
        'cluster-domain-unchanged',
        'spec.clusterDomain',
        'cannot be changed on an existing cluster; keep "cluster.local"',
      ),
    ],
  },
  {
    title: 'a source of first data of a later version is refused',
    spec: { size: 1, bootstrap: { strategy: 'Staged', source: { type: 'RetainedVolumes' } } },
    causes: [
      unsupported('schema', 'spec.bootstrap.source.type', '"RetainedVolumes": supported values: "Empty"'),
      unsupported('schema', 'spec.bootstrap.strategy', '"Staged": supported values: "Parallel"'),
    ],
  },
];
