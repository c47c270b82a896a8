import { forbidden, invalid, now, type Row } from './row.js';

const odd = (size: number, nearest: string) =>
  invalid('size-odd', 'spec.size', `${size}: must be one of 0, 1, 3, 5, 7; nearest: ${nearest}`);
const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString();
const members = (...healthy: readonly boolean[]) =>
  healthy.map((isHealthy, ordinal) => ({
    id: `a${ordinal}`,
    name: `orders-${ordinal}`,
    learner: false,
    leader: ordinal === 0,
    healthy: isHealthy,
  }));

export const sizeRows: readonly Row[] = [
  ...[0, 1, 3, 5, 7].map((size): Row => ({ title: `a cluster of ${size} is created`, spec: { size }, causes: [] })),
  { title: 'an even size is refused with both neighbours', spec: { size: 4 }, causes: [odd(4, '3 or 5')] },
  { title: 'size 2 is refused', spec: { size: 2 }, causes: [odd(2, '1 or 3')] },
  { title: 'size 6 is refused', spec: { size: 6 }, causes: [odd(6, '5 or 7')] },
  { title: 'size 9 is refused although it is odd', spec: { size: 9 }, causes: [odd(9, '7')] },
  { title: 'size 1000 is refused', spec: { size: 1000 }, causes: [odd(1000, '7')] },
  { title: 'a negative size is refused', spec: { size: -1 }, causes: [odd(-1, '0')] },
  {
    title: 'growing to an even size is refused',
    old: { size: 3 },
    spec: { size: 4 },
    causes: [odd(4, '3 or 5')],
    warnings: ['spec.size: 3 → 4 adds 1 member; tolerates 1 failure after'],
  },
  {
    title: 'growing by any odd step is announced',
    old: { size: 1 },
    spec: { size: 7 },
    causes: [],
    warnings: ['spec.size: 1 → 7 adds 6 members; tolerates 3 failures after'],
  },
  {
    title: 'an even size from before the rule stays editable elsewhere',
    old: { size: 4 },
    spec: { size: 4, paused: true },
    causes: [],
  },
  {
    title: 'shrinking is announced with what is tolerated after',
    old: { size: 5 },
    spec: { size: 3 },
    status: { members: members(true, true, true, true, true), lastProbeTime: at(5) },
    causes: [],
    warnings: ['spec.size: 5 → 3 removes 2 members; tolerates 1 failure after'],
  },
  {
    title: 'shrinking while a member that stays is unhealthy is refused',
    old: { size: 5 },
    spec: { size: 3 },
    status: { members: members(true, false, true, true, true), lastProbeTime: at(5) },
    causes: [
      forbidden(
        'size-shrink-healthy',
        'spec.size',
        'must not be lowered while orders-1 is unhealthy; keep 5, or wait until it has recovered',
      ),
    ],
    warnings: ['spec.size: 5 → 3 removes 2 members; tolerates 1 failure after'],
  },
  {
    title: 'shrinking away exactly the unhealthy members is allowed',
    old: { size: 5 },
    spec: { size: 3 },
    status: { members: members(true, true, true, false, false), lastProbeTime: at(5) },
    causes: [],
    warnings: ['spec.size: 5 → 3 removes 2 members; tolerates 1 failure after'],
  },
  {
    title: 'an unhealthy member of an old status is warned about, not refused',
    old: { size: 5 },
    spec: { size: 3 },
    status: { members: members(true, false, true, true, true), lastProbeTime: at(121) },
    causes: [],
    warnings: [
      'spec.size: orders-1 was unhealthy when last seen; the operator waits until every member that stays is healthy',
      'spec.size: 5 → 3 removes 2 members; tolerates 1 failure after',
    ],
  },
  {
    title: 'a status from the future is of a clock that is wrong: warned about, not refused',
    old: { size: 5 },
    spec: { size: 3 },
    status: { members: members(true, false, true, true, true), lastProbeTime: at(-3600) },
    causes: [],
    warnings: [
      'spec.size: orders-1 was unhealthy when last seen; the operator waits until every member that stays is healthy',
      'spec.size: 5 → 3 removes 2 members; tolerates 1 failure after',
    ],
  },
  {
    title: 'a member of unknown name counts as one that stays',
    old: { size: 3 },
    spec: { size: 1 },
    status: { members: [{ id: 'fe', name: '', learner: false, leader: false, healthy: false }], lastProbeTime: at(1) },
    causes: [
      forbidden(
        'size-shrink-healthy',
        'spec.size',
        'must not be lowered while fe is unhealthy; keep 3, or wait until it has recovered',
      ),
    ],
    warnings: ['spec.size: 3 → 1 removes 2 members; tolerates 0 failures after'],
  },
  {
    title: 'stopping with RetainAll is allowed at any health',
    old: { size: 3 },
    spec: { size: 0 },
    status: { members: members(false, false, false), lastProbeTime: at(1) },
    causes: [],
    warnings: ['spec.size: 3 → 0 stops all 3; every volume is kept'],
  },
  {
    title: 'stopping with RetainOne needs the member that is kept',
    old: { size: 3, storage: { retentionPolicy: { whenStopped: 'RetainOne' } } },
    spec: { size: 0, storage: { retentionPolicy: { whenStopped: 'RetainOne' } } },
    status: { members: members(false, true, true), lastProbeTime: at(1) },
    causes: [
      forbidden(
        'size-shrink-healthy',
        'spec.size',
        'must not be lowered while orders-0 is unhealthy; keep 3, or wait until it has recovered',
      ),
    ],
    warnings: ['spec.size: 3 → 0 scales in to 1 member, stops it, and releases the volumes of the others'],
  },
  {
    title: 'waking says how many members were stopped',
    old: { size: 0 },
    spec: { size: 3 },
    status: { stoppedSize: 1 },
    causes: [],
    warnings: ['spec.size: 0 → 3 wakes 1 member, then adds 2'],
  },
  {
    title: 'waking at the stopped size says just that',
    old: { size: 0 },
    spec: { size: 3 },
    status: { stoppedSize: 3 },
    causes: [],
    warnings: ['spec.size: 0 → 3 wakes 3 members'],
  },
  {
    title: 'a change of size during an operation says that it follows',
    old: { size: 3 },
    spec: { size: 5 },
    status: { operation: { type: 'ScaleOut', startedAt: at(3) } },
    causes: [],
    warnings: [
      'spec.size: 3 → 5 adds 2 members; tolerates 2 failures after',
      'spec.size: ScaleOut is under way; this change follows it',
    ],
  },
  {
    title: 'a change of size while paused says that it waits',
    old: { size: 3, paused: true },
    spec: { size: 5, paused: true },
    causes: [],
    warnings: [
      'spec.size: 3 → 5 adds 2 members; tolerates 2 failures after',
      'spec.paused: true: the new size is stored, and carried out when paused is false',
    ],
  },
  {
    title: 'certificates and size at once say their order',
    old: { size: 3, tls: { client: { operator: { duration: '100h' } } } },
    spec: { size: 1, tls: { client: { operator: { duration: '200h' } } } },
    causes: [],
    warnings: [
      'spec.size: 3 → 1 removes 2 members; tolerates 0 failures after',
      'spec: done in this order: certificates, size',
    ],
  },
];
