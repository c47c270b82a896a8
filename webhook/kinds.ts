import { group, version } from '../api/names.js';
import type { JudgedKind } from './admission.js';

export const etcdClusters: JudgedKind = {
  group,
  version,
  kind: 'EtcdCluster',
  resource: 'etcdclusters',
  setDefaults: (next) => next,
  judge: () => ({ causes: [], warnings: [] }),
};
