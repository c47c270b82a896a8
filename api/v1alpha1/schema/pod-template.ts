import {
  integer,
  labelKey,
  labelMap,
  labelValue,
  list,
  listMap,
  object,
  objectName,
  oneOf,
  stringMap,
  text,
  type Schema,
} from '../../schema.js';
import { affinity, labelSelector } from './affinity.js';

const quantityMap = (description: string): Schema => ({
  type: 'object',
  description,
  maxProperties: 16,
  additionalProperties: {
    'x-kubernetes-int-or-string': true,
    minimum: 0,
    maxLength: 32,
    'x-hint': 'must be a quantity of Kubernetes of at most 18 digits, for example "500m" or "4Gi"',
    pattern: '^[0-9]{1,18}(\\.[0-9]{1,9})?([eE][-+]?[0-9]{1,2}|m|u|n|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$',
  },
});

const resources = object(
  'Compute resources of the container.',
  {
    limits: quantityMap('The most of each resource that the container may use.'),
    requests: quantityMap('How much of each resource the scheduler reserves; defaults to the limits.'),
  },
  { title: 'ResourceRequirements' },
);

const toleration = object(
  'Lets members run on nodes with a matching taint.',
  {
    key: text('Taint key; empty with operator Exists matches every taint.', 317),
    operator: oneOf('Equal (the default of Kubernetes) compares the value, Exists does not.', ['Exists', 'Equal']),
    value: labelValue('Taint value.'),
    effect: oneOf('Taint effect; absent matches all effects.', ['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    tolerationSeconds: integer('How long a NoExecute taint is tolerated.', [0, 2_147_483_647]),
  },
  { title: 'Toleration' },
);

const spreadConstraint = object(
  'How members are spread over nodes, zones or other topology.',
  {
    maxSkew: integer('The largest difference in members between two domains.', [1, 7]),
    topologyKey: labelKey('Node label that names the domain.'),
    whenUnsatisfiable: oneOf('What to do with a pod that cannot be spread.', ['DoNotSchedule', 'ScheduleAnyway']),
    labelSelector: labelSelector('Which pods count; absent means the members of this cluster.'),
    minDomains: integer('The fewest domains that must exist.', [1, 64]),
    nodeAffinityPolicy: oneOf('Whether nodeAffinity and nodeSelector narrow the domains.', ['Honor', 'Ignore']),
    nodeTaintsPolicy: oneOf('Whether taints narrow the domains.', ['Honor', 'Ignore']),
    matchLabelKeys: list('Pod label keys that split the pods further.', 8, labelKey('A label key.')),
  },
  { title: 'TopologySpreadConstraint', required: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'] },
);

const id = (description: string): Schema => integer(description, [1, 2_147_483_647]);

const securityContext = object(
  'Identity of the processes in the pod. Members never run as root; the rest of the context is what Pod Security "restricted" asks for and is not open.',
  {
    runAsUser: id('User of the processes.'),
    runAsGroup: id('Primary group of the processes.'),
    fsGroup: id('Group that owns the data volume.'),
    fsGroupChangePolicy: oneOf('When the ownership of the volume is set anew.', ['OnRootMismatch', 'Always']),
    supplementalGroups: list('Further groups of the processes.', 16, id('A group.')),
  },
  { title: 'PodSecurityContext' },
);

const container = object(
  'Settings of a container that the operator makes.',
  { name: oneOf('The container: etcd.', ['etcd']), resources },
  { title: 'ContainerTemplate', required: ['name'] },
);

const podSpec = object(
  'A part of PodSpec, under the names it has there.',
  {
    nodeSelector: labelMap('Labels that a node must have.', 32),
    affinity,
    tolerations: list('Taints that members tolerate.', 32, toleration),
    topologySpreadConstraints: listMap(
      'How members are spread.',
      8,
      ['topologyKey', 'whenUnsatisfiable'],
      spreadConstraint,
    ),
    priorityClassName: objectName('PriorityClass of the pods.'),
    terminationGracePeriodSeconds: integer('Seconds a member has to stop.', [1, 3600]),
    securityContext,
    containers: listMap('Settings of the containers, by name.', 1, ['name'], container),
  },
  { title: 'PodSpecTemplate' },
);

export const podTemplate = object(
  'What is added to the pods of members: a closed subset of PodTemplateSpec under its own names. Nothing here can give a pod host ' +
    'access or privilege. A change takes effect when a pod is next started; set size to 0 and back to take it everywhere at once.',
  {
    metadata: object(
      'Labels and annotations of the pods.',
      {
        labels: labelMap("Labels. Those under quorate.dev/ and app.kubernetes.io/ are the operator's.", 32),
        annotations: stringMap("Annotations. Those under quorate.dev/ are the operator's.", 32, {
          type: 'string',
          maxLength: 4096,
        }),
      },
      { title: 'PodMetadata' },
    ),
    spec: podSpec,
  },
  { title: 'PodTemplate' },
);
