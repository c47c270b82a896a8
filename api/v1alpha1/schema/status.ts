import { conditionTypes, operationTypes, phases, reasons } from '../../conditions.js';
import { flag, integer, list, listMap, object, oneOf, text, time, type Schema } from '../../schema.js';

const count = (description: string, most = 64): Schema => integer(description, [0, most]);
const large = (description: string): Schema => integer(description, [0, Number.MAX_SAFE_INTEGER]);
const hexID = (description: string): Schema =>
  text(description + ' Hexadecimal: JSON numbers cannot hold 64 bits.', 16, { pattern: '^[0-9a-f]{1,16}$' });

const condition = object(
  'One aspect of the state of the cluster.',
  {
    type: oneOf('Type of the condition.', conditionTypes, { title: 'ConditionType' }),
    status: oneOf('True, False or Unknown.', ['True', 'False', 'Unknown'], { title: 'ConditionStatus' }),
    observedGeneration: large('Generation of the spec that the condition was judged on.'),
    lastTransitionTime: time('When status last changed.'),
    reason: oneOf('Why, in one word of a closed list.', reasons, { title: 'Reason' }),
    message: text('Why, in a sentence, with the next step where a person has to take one.', 4096),
  },
  { title: 'Condition', required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'] },
);

const member = object(
  'One member as etcd itself reported it in the last probe.',
  {
    id: hexID('Member ID.'),
    name: text('Name of the member and its pod; empty until it first started.', 63),
    learner: flag('Whether it is a learner, which does not vote.'),
    leader: flag('Whether it leads.'),
    healthy: flag('Whether a linearizable read through it succeeded.'),
    version: text('Release that it runs.', 32),
    dbSize: large('Size of its database in bytes.'),
    raftIndexLag: large('How many entries it is behind the leader.'),
    alarms: list('Alarms that it raised.', 4, oneOf('An alarm.', ['NOSPACE', 'CORRUPT'], { title: 'Alarm' })),
  },
  { title: 'MemberStatus', required: ['id', 'name', 'learner', 'leader', 'healthy'] },
);

const quorum = object(
  'The state of the quorum.',
  {
    voters: count('Voting members.'),
    healthy: count('Voting members that answered.'),
    needed: count('Voting members needed for a write.'),
    tolerates: count('How many more may fail.'),
  },
  { title: 'QuorumStatus', required: ['voters', 'healthy', 'needed', 'tolerates'] },
);

const operation = object(
  'What the operator is carrying out; absent when nothing is under way.',
  {
    type: oneOf('What it is.', operationTypes, { title: 'OperationType' }),
    from: text('Where it started, for example a size or a version.', 64),
    to: text('Where it ends.', 64),
    step: text('What it is doing or waiting for now.', 512),
    startedAt: time('When it started.'),
  },
  { title: 'OperationStatus', required: ['type', 'startedAt'] },
);

export const status = object(
  'What the operator last observed, computed afresh from a probe of every member. It never repeats an old value when etcd does not answer.',
  {
    observedGeneration: large('Generation of the spec that this status is about.'),
    phase: oneOf('The state in one word, for people.', phases, { title: 'Phase' }),
    conditions: listMap(
      'The state in detail. Ready: the spec is reached. Available: a linearizable read succeeded just now. Reconciling and Stalled: work goes on, or a person is needed.',
      16,
      ['type'],
      condition,
    ),
    replicas: count('Pods that exist.'),
    readyMembers: count('Voting members that answer linearizable reads.'),
    selector: text('Label selector of the pods.', 1024),
    leader: text('Name of the leading member.', 63),
    members: listMap('The members, as etcd has them.', 16, ['id'], member),
    quorum,
    dbSize: text('Size of the largest database, as a quantity.', 32),
    alarms: text('Alarms raised by any member, with commas between.', 64),
    currentVersion: text('The oldest release that a member runs.', 32),
    targetVersion: text('The release that members are brought to.', 32),
    operation,
    certificates: listMap(
      'The certificates that members and the operator use.',
      16,
      ['name'],
      object(
        'A certificate.',
        { name: text('Name of the Secret.', 253), notAfter: time('When it expires.') },
        { title: 'CertificateStatus', required: ['name', 'notAfter'] },
      ),
    ),
    endpoints: list('Where applications connect, as URLs.', 16, text('A URL.', 512)),
    binding: object(
      'The Secret with what an application needs to connect (a binding as the Service Binding specification has it).',
      { name: text('Name of the Secret.', 253) },
      { title: 'BindingStatus', required: ['name'] },
    ),
    lastProbeTime: time('When the probe was made that this status was computed from.'),
    clusterID: hexID('Cluster ID, latched at birth.'),
    incarnation: text('Which incarnation of the cluster under this name this is, latched at birth.', 16, {
      pattern: '^[0-9a-f]{8}$',
    }),
    highestRevision: text('The highest revision ever seen, a decimal number; no restore goes below it.', 20, {
      pattern: '^[0-9]+$',
    }),
    stoppedSize: count('How many members were stopped at size 0, and will be woken.'),
  },
  { title: 'EtcdClusterStatus' },
);
