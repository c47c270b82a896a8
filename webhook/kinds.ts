import { group, judge, prepareJudgement, setDefaults, version, type EtcdCluster } from '../api/index.js';
import type { JudgedKind } from './admission.js';

/** The API server took `old` in under the CRD's schema; both functions are total on any other JSON all the same. */
const stored = (old: unknown): EtcdCluster | undefined => old as EtcdCluster | undefined;

export const etcdClusters: JudgedKind = {
  group,
  version,
  kind: 'EtcdCluster',
  resource: 'etcdclusters',
  prepare: prepareJudgement,
  setDefaults: (next, old) => setDefaults(next, stored(old)),
  judge: (next, old, context) => judge(next, stored(old), context),
};
