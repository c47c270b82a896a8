import { dnsName, integer, labelKey, labelMap, labelValue, list, object, oneOf, type Schema } from '../../schema.js';

const requirement = (operators: readonly string[], title: string): Schema =>
  object(
    'A condition on one label.',
    {
      key: labelKey('Label key.'),
      operator: oneOf('How the label relates to the values.', operators),
      values: list('Values; empty for Exists and DoesNotExist.', 32, labelValue('A value.')),
    },
    { title, required: ['key', 'operator'] },
  );

const nodeRequirement = requirement(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'], 'NodeSelectorRequirement');
const labelRequirement = requirement(['In', 'NotIn', 'Exists', 'DoesNotExist'], 'LabelSelectorRequirement');

export const labelSelector = (description: string): Schema =>
  object(
    description,
    {
      matchLabels: labelMap('Labels that must be equal.', 16),
      matchExpressions: list('Conditions that must all hold.', 16, labelRequirement),
    },
    { title: 'LabelSelector' },
  );

const nodeTerm = object(
  'Conditions that must all hold for a node.',
  {
    matchExpressions: list('Conditions on labels.', 16, nodeRequirement),
    matchFields: list('Conditions on fields of the node.', 4, nodeRequirement),
  },
  { title: 'NodeSelectorTerm' },
);

const weight = integer('Weight among the preferences.', [1, 100]);

const nodeAffinity = object(
  'Which nodes members may or should run on.',
  {
    requiredDuringSchedulingIgnoredDuringExecution: object(
      'Nodes must match one of the terms.',
      { nodeSelectorTerms: list('Terms, of which one must match.', 16, nodeTerm, { minItems: 1 }) },
      { title: 'NodeSelector', required: ['nodeSelectorTerms'] },
    ),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      'Nodes that are preferred.',
      16,
      object(
        'A preference.',
        { weight, preference: nodeTerm },
        { title: 'PreferredSchedulingTerm', required: ['weight', 'preference'] },
      ),
    ),
  },
  { title: 'NodeAffinity' },
);

const podTerm = object(
  'Pods and the topology in which they count.',
  {
    labelSelector: labelSelector('Which pods count.'),
    topologyKey: labelKey('Node label that names the domain.'),
    namespaces: list('Namespaces of the pods; absent means this one.', 16, dnsName('A namespace.', 63)),
    namespaceSelector: labelSelector('Namespaces of the pods, by label.'),
  },
  { title: 'PodAffinityTerm', required: ['topologyKey'] },
);

const podAffinity = (description: string, title: string): Schema =>
  object(
    description,
    {
      requiredDuringSchedulingIgnoredDuringExecution: list('Terms that must hold.', 8, podTerm),
      preferredDuringSchedulingIgnoredDuringExecution: list(
        'Terms that are preferred.',
        8,
        object(
          'A preference.',
          { weight, podAffinityTerm: podTerm },
          { title: 'WeightedPodAffinityTerm', required: ['weight', 'podAffinityTerm'] },
        ),
      ),
    },
    { title },
  );

export const affinity = object(
  'Scheduling constraints, as in core Kubernetes.',
  {
    nodeAffinity,
    podAffinity: podAffinity('Run near other pods.', 'PodAffinity'),
    podAntiAffinity: podAffinity('Keep away from other pods.', 'PodAntiAffinity'),
  },
  { title: 'Affinity' },
);
