import { forbidden, invalid, unsupported, type Row } from './row.js';

const quantity = 'must be a whole number with one of the suffixes Ki, Mi, Gi, Ti, k, M, G, T, for example "8Gi"';

export const storageRows: readonly Row[] = [
  { title: 'a volume of 512Mi is enough', spec: { size: 1, storage: { size: '512Mi' } }, causes: [] },
  {
    title: 'a volume below 512Mi is refused',
    spec: { size: 1, storage: { size: '511Mi' } },
    causes: [invalid('storage-size', 'spec.storage.size', '"511Mi": must be at least 512Mi')],
  },
  {
    title: 'a negative size of a volume is refused in words',
    spec: { size: 1, storage: { size: '-1Gi' } },
    causes: [invalid('schema', 'spec.storage.size', `"-1Gi": ${quantity}`)],
  },
  {
    title: 'a fraction is refused in words',
    spec: { size: 1, storage: { size: '1.5Gi' } },
    causes: [invalid('schema', 'spec.storage.size', `"1.5Gi": ${quantity}`)],
  },
  {
    title: 'a quota that leaves no room for the log is refused with the largest that fits',
    spec: { size: 1, storage: { size: '1Gi' }, options: { backendQuota: '1Gi' } },
    causes: [
      invalid(
        'storage-quota',
        'spec.options.backendQuota',
        '"1Gi": must be at most four fifths of spec.storage.size, which is 1Gi; nearest: 819Mi',
      ),
    ],
  },
  {
    title: 'a quota of four fifths fits',
    spec: { size: 1, storage: { size: '5Gi' }, options: { backendQuota: '4Gi' } },
    causes: [],
  },
  {
    title: 'a quota that no longer fits from before the rule does not block other edits',
    old: { size: 1, storage: { size: '1Gi' }, options: { backendQuota: '1Gi' } },
    spec: { size: 1, storage: { size: '1Gi' }, options: { backendQuota: '1Gi' }, paused: true },
    causes: [],
  },
  {
    title: 'volumes of an existing cluster keep their size',
    old: { size: 3, storage: { size: '8Gi' } },
    spec: { size: 3, storage: { size: '16Gi' } },
    causes: [
      forbidden('storage-unchanged', 'spec.storage.size', 'cannot be changed on an existing cluster; keep "8Gi"'),
    ],
  },
  {
    title: 'also while it is stopped',
    old: { size: 0, storage: { size: '8Gi' } },
    spec: { size: 0, storage: { size: '16Gi' } },
    causes: [
      forbidden('storage-unchanged', 'spec.storage.size', 'cannot be changed on an existing cluster; keep "8Gi"'),
    ],
  },
  {
    title: 'the class is not changed',
    old: { size: 3, storage: { storageClassName: 'fast' } },
    spec: { size: 3, storage: { storageClassName: 'slow' } },
    causes: [
      forbidden(
        'storage-class-unchanged',
        'spec.storage.storageClassName',
        'cannot be changed on an existing cluster: its volumes have their class for life; keep "fast"',
      ),
    ],
  },
  {
    title: 'the class is not set where it was absent',
    old: { size: 3 },
    spec: { size: 3, storage: { storageClassName: 'slow' } },
    causes: [
      forbidden(
        'storage-class-unchanged',
        'spec.storage.storageClassName',
        'cannot be changed on an existing cluster: its volumes have their class for life; leave it out',
      ),
    ],
  },
  {
    title: 'the class is not taken away',
    old: { size: 3, storage: { storageClassName: 'fast' } },
    spec: { size: 3 },
    causes: [
      forbidden(
        'storage-class-unchanged',
        'spec.storage.storageClassName',
        'cannot be changed on an existing cluster: its volumes have their class for life; keep "fast"',
      ),
    ],
  },
  {
    title: 'what happens to volumes on a stop may be changed at any time',
    old: { size: 3 },
    spec: { size: 3, storage: { retentionPolicy: { whenStopped: 'RetainOne' } } },
    causes: [],
  },
  {
    title: 'a retention policy of a later version is refused with those that exist',
    spec: { size: 3, storage: { retentionPolicy: { whenStopped: 'Snapshot', whenDeleted: 'Delete' } } },
    causes: [
      unsupported('schema', 'spec.storage.retentionPolicy.whenDeleted', '"Delete": supported values: "Retain"'),
      unsupported(
        'schema',
        'spec.storage.retentionPolicy.whenStopped',
        '"Snapshot": supported values: "RetainAll", "RetainOne"',
      ),
    ],
  },
];
