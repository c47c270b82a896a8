import { forbidden, invalid, required, type Row } from './row.js';

const template = 'spec.podTemplate.spec';
const labelKey = 'must be a name of at most 63 characters, optionally after a DNS domain and "/"';
const labelValue = 'must be at most 63 letters, digits, "-", "_" and ".", a letter or digit at both ends';
const mapKey = 'is not a valid key: a name of at most 63 characters, optionally after a DNS domain and "/"';
const anti = (term: unknown) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
});
const antiTerm = `${template}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]`;
const nodes = (...nodeSelectorTerms: readonly unknown[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const nodeTerms = `${template}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
const spread = (more: object) => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', ...more },
  ],
});
const row = (title: string, podSpec: unknown, ...causes: Row['causes']): Row => ({
  title,
  spec: { size: 1, podTemplate: { spec: podSpec } },
  causes,
});

/** Where members may run: what no pod could be made of is refused before a StatefulSet fails on it. */
export const schedulingRows: readonly Row[] = [
  row('every way of scheduling is accepted', {
    nodeSelector: { 'kubernetes.io/os': 'linux', empty: '' },
    tolerations: [
      { operator: 'Exists' },
      { key: 'a', value: 'b', effect: 'NoExecute', tolerationSeconds: 5 },
      { key: '', operator: 'Exists', effect: 'NoSchedule' },
    ],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        minDomains: 3,
        matchLabelKeys: ['controller-revision-hash'],
        labelSelector: { matchLabels: { 'quorate.dev/cluster': 'orders' } },
      },
    ],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'cpus', operator: 'Gt', values: ['8'] },
                { key: 'a', operator: 'NotIn', values: ['b', 'c'] },
                { key: 'd', operator: 'DoesNotExist', values: [] },
              ],
              matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }],
            },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: {} }],
      },
      ...anti({ topologyKey: 'kubernetes.io/hostname', namespaces: ['shop'] }).affinity,
    },
  }),
  row(
    'a key and a value that no node has are refused',
    { nodeSelector: { 'a b': 'c', d: 'e f' } },
    invalid('pods-valid-keys', `${template}.nodeSelector`, `"a b": a b ${mapKey}`),
    invalid('schema', `${template}.nodeSelector[d]`, `"e f": ${labelValue}`),
  ),
  row(
    'tolerations that contradict themselves are refused',
    {
      tolerations: [
        { key: 'a', operator: 'Exists', value: 'x' },
        { operator: 'Equal', value: 'x' },
        { key: 'a', effect: 'NoSchedule', tolerationSeconds: 5 },
      ],
    },
    forbidden('pods-scheduling', `${template}.tolerations[0].value`, 'must be empty with operator Exists'),
    invalid('pods-scheduling', `${template}.tolerations[1].operator`, '"Equal": must be Exists where key is empty'),
    invalid(
      'pods-scheduling',
      `${template}.tolerations[2].effect`,
      '"NoSchedule": must be NoExecute where tolerationSeconds is set',
    ),
  ),
  row(
    'taints are named as Kubernetes names them',
    { tolerations: [{ key: 'a b', value: 'c d' }] },
    invalid('pods-scheduling', `${template}.tolerations[0].key`, `"a b": a b ${mapKey}`),
    invalid('schema', `${template}.tolerations[0].value`, `"c d": ${labelValue}`),
  ),
  row(
    'a least number of domains is refused where pods are scheduled anyway',
    spread({ minDomains: 3 }),
    forbidden(
      'pods-scheduling',
      `${template}.topologySpreadConstraints[0].minDomains`,
      'belongs to whenUnsatisfiable DoNotSchedule; leave it out',
    ),
  ),
  row(
    'a spread is not split by a key that it selects by, were it only the one that the operator sets',
    {
      topologySpreadConstraints: [
        { labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['pod-template-hash', 'a'] },
        { matchLabelKeys: ['quorate.dev/cluster'] },
      ].map((each, index) => ({
        maxSkew: 1,
        topologyKey: `example.com/${index}`,
        whenUnsatisfiable: 'DoNotSchedule',
        ...each,
      })),
    },
    invalid(
      'pods-scheduling',
      `${template}.topologySpreadConstraints[0].matchLabelKeys[1]`,
      '"a": must not be a key of labelSelector too',
    ),
    invalid(
      'pods-scheduling',
      `${template}.topologySpreadConstraints[1].matchLabelKeys[0]`,
      '"quorate.dev/cluster": must not be a key of labelSelector too',
    ),
  ),
  row(
    'the domain of a spread is a label',
    spread({ topologyKey: 'a b' }),
    invalid('schema', `${template}.topologySpreadConstraints[0].topologyKey`, `"a b": ${labelKey}`),
  ),
  row('no terms of nodes are refused', nodes(), invalid('schema', nodeTerms, '0: must have at least 1 item')),
  row(
    'conditions have as many values as their operator takes',
    nodes({
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'a', operator: 'Exists', values: ['b'] },
        { key: 'a', operator: 'Gt', values: ['b'] },
        { key: 'a', operator: 'Lt', values: ['1', '2'] },
      ],
    }),
    required('pods-scheduling', `${nodeTerms}[0].matchExpressions[0].values`, 'required with operator In'),
    forbidden('pods-scheduling', `${nodeTerms}[0].matchExpressions[1].values`, 'must be empty with operator Exists'),
    required('pods-scheduling', `${nodeTerms}[0].matchExpressions[2].values`, 'one whole number with operator Gt'),
    required('pods-scheduling', `${nodeTerms}[0].matchExpressions[3].values`, 'one whole number with operator Lt'),
  ),
  row(
    'of the fields of a node its name alone can be asked for, one at a time',
    nodes({ matchFields: [{ key: 'spec.x', operator: 'Exists' }] }),
    invalid('pods-scheduling', `${nodeTerms}[0].matchFields[0].key`, '"spec.x": must be metadata.name'),
    invalid('pods-scheduling', `${nodeTerms}[0].matchFields[0].operator`, '"Exists": must be In or NotIn'),
    required('pods-scheduling', `${nodeTerms}[0].matchFields[0].values`, 'one name of a node'),
  ),
  row(
    'conditions on other pods too',
    anti({
      topologyKey: 'x',
      labelSelector: { matchLabels: { 'a b': 'c' }, matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] },
    }),
    required('pods-scheduling', `${antiTerm}.labelSelector.matchExpressions[0].values`, 'required with operator NotIn'),
    invalid('pods-scheduling', `${antiTerm}.labelSelector.matchLabels`, `"a b": a b ${mapKey}`),
  ),
  {
    title: 'a toleration from before the rule does not block edits of its neighbours',
    old: { size: 1, podTemplate: { spec: { tolerations: [{ operator: 'Equal' }] } } },
    spec: { size: 1, podTemplate: { spec: { tolerations: [{ operator: 'Equal' }], nodeSelector: { a: 'b' } } } },
    causes: [],
    warnings: ['spec.podTemplate: members take it when their pods next start; size 0 and back does that for all'],
  },
];
