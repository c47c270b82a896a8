/**
 * The plan: named policies in order; the first that has something to say decides. Pure: the same view gives the same decision.
 * Order: what forbids action, then what keeps existing things as they are, then what changes the cluster, one step at a time.
 */
import type { Decision, Policy } from './step.js';
import type { ClusterView } from './view.js';
import { begin, latch } from './policies/bootstrap.js';
import { certificates } from './policies/certificates.js';
import { accept, conflict, deletion, former, memory, paused } from './policies/gate.js';
import { history } from './policies/history.js';
import { finishChange, size } from './policies/membership.js';
import { stop, volumes, wake } from './policies/rest.js';
import { files, marks, owned, workload } from './policies/upkeep.js';

export const policies: readonly Policy[] = [
  deletion, // nothing is done to what is being deleted
  conflict, // nothing beside what is not ours
  paused, // nothing; but renewed is, here as above and below
  accept, // the spec is judged and latched; a refused one leaves the last accepted in force
  memory, // a cluster that once was is never begun anew
  former, // nor beside the volumes of an earlier one
  begin, // the identity, once an incarnation
  certificates, // before the pods that mount them; renewed for ever
  owned, // Services, disruption budget
  files, // a damaged member file is put back before anything starts on it
  workload, // the StatefulSet follows the identity
  marks, // learners and leavers out of the client Service; kubelets look at changed files
  latch, // all started → cluster ID latched → all sealed
  finishChange, // what was begun is finished or given up
  volumes, // volumes of those who left
  wake, // the stored membership, then the wanted size
  stop, // size 0
  size, // one voter at a time
  history, // what was accepted long ago
];

export interface Planned {
  readonly policy: string;
  readonly decision: Decision;
}

/** Undefined: nothing to do. */
export function plan(view: ClusterView, chain: readonly Policy[] = policies): Planned | undefined {
  for (const policy of chain) {
    const decision = policy.decide(view);
    if (decision) return { policy: policy.name, decision };
  }
  return undefined;
}
