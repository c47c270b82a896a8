import { labels, names } from '../../api/names.js';
import { quorum } from '../../etcd/index.js';
import type { KubeObject } from '../../kube/index.js';
import { objectMeta, type Owner } from './common.js';

/**
 * Never fewer than a quorum may stay, counted over the larger of what votes now and what is wanted: while a cluster shrinks, the
 * voters that leave still count. At size 1 there is none, because it would block every drain.
 */
export function disruptionBudget(owner: Owner, voters: number, target: number): KubeObject | null {
  const most = Math.max(voters, target);
  if (most <= 1) return null;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: objectMeta(owner, names.disruptionBudget(owner.name)),
    spec: {
      minAvailable: quorum(most),
      // One excludes the other, and somebody may have chosen this one.
      maxUnavailable: null,
      selector: { matchLabels: { [labels.cluster]: owner.name } },
      unhealthyPodEvictionPolicy: 'IfHealthyBudget',
    },
  };
}
