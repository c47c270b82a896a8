/** What a policy may answer. Effects are plain data: act.ts performs them, tests and the simulator read them. */
import type { Reason } from '../api/index.js';
import { names } from '../api/names.js';
import { resources, type KubeObject } from '../kube/index.js';
import type { CertificateState } from './certificates-view.js';
import type { ClusterView } from './view.js';

export type ResourceName =
  | 'statefulSets'
  | 'services'
  | 'configMaps'
  | 'secrets'
  | 'podDisruptionBudgets'
  | 'controllerRevisions'
  | 'pods'
  | 'persistentVolumeClaims'
  | 'etcdClusters';

export type Effect =
  /** POST: fails when an object of this name exists, so nothing foreign is ever taken over. */
  | { readonly do: 'create'; readonly resource: ResourceName; readonly object: KubeObject }
  /** PUT under uid and resourceVersion. */
  | { readonly do: 'update'; readonly resource: ResourceName; readonly object: KubeObject }
  /** Merge patch under uid and resourceVersion, which stand in the patch. */
  | {
      readonly do: 'patch';
      readonly resource: ResourceName;
      readonly name: string;
      readonly patch: object;
      readonly subresource?: 'status';
    }
  | {
      readonly do: 'delete';
      readonly resource: ResourceName;
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string | undefined;
    }
  /** Makes keys and certificates, then creates or replaces their Secret. */
  | { readonly do: 'issue'; readonly certificate: CertificateState }
  | { readonly do: 'add-learner'; readonly ordinal: number; readonly peerURL: string }
  | { readonly do: 'promote'; readonly ordinal: number; readonly memberID: string; readonly leader: number }
  | { readonly do: 'remove-member'; readonly ordinal: number; readonly memberID: string; readonly via: number }
  | { readonly do: 'move-leader'; readonly from: number; readonly to: number; readonly memberID: string };

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

export interface Step {
  /** What was seen that asks for it. */
  readonly why: string;
  readonly effects: readonly Effect[];
  /** Rests on a fresh read: everything is read again, past all caches, and the step must come out the same. */
  readonly confirm: boolean;
  /** Told to users once the step is done. */
  readonly event?: EventNote;
}

/** What only a person can solve: reason and message of the condition Stalled. */
export interface Stall {
  readonly reason: Reason;
  readonly why: string;
}

export type Decision =
  /** With a stall: what is done all the same, while that is not solved. */
  | { readonly kind: 'act'; readonly step: Step; readonly stalled?: Stall }
  /** Nothing to do until something changes; policies further down do not get their turn. */
  | {
      readonly kind: 'wait';
      readonly why: string;
      readonly againInMs: number;
      /** Only a person can solve it: the reason of the condition Stalled. */
      readonly stalled?: Reason;
    };

export interface Policy {
  readonly name: string;
  /** Undefined: nothing of mine to do, ask the next. */
  decide(view: ClusterView): Decision | undefined;
}

export const act = (
  why: string,
  effects: readonly Effect[],
  rest: { confirm?: boolean; event?: EventNote } = {},
): Decision => ({
  kind: 'act',
  step: { why, effects, confirm: rest.confirm ?? false, ...(rest.event && { event: rest.event }) },
});

export const wait = (why: string, againInMs: number, stalled?: Reason): Decision => ({
  kind: 'wait',
  why,
  againInMs,
  ...(stalled && { stalled }),
});

export function stallOf(decision: Decision | undefined): Stall | undefined {
  if (decision?.kind !== 'wait') return decision?.stalled;
  return decision.stalled && { reason: decision.stalled, why: decision.why };
}

/** What an effect is about, for log and events: "statefulsets/orders", "member/orders-1". */
export function targetOf(cluster: string, effect: Effect): string {
  switch (effect.do) {
    case 'create':
    case 'update':
      return `${resources[effect.resource].plural}/${effect.object.metadata.name}`;
    case 'patch':
      return [resources[effect.resource].plural, effect.name, ...(effect.subresource ? [effect.subresource] : [])].join(
        '/',
      );
    case 'delete':
      return `${resources[effect.resource].plural}/${effect.name}`;
    case 'issue':
      return `secrets/${effect.certificate.secret.name}`;
    default:
      return `member/${names.pod(cluster, effect.do === 'move-leader' ? effect.to : effect.ordinal)}`;
  }
}

/** What must still hold for it to take effect, as the server checks it. */
export function preconditionOf(effect: Effect): string {
  switch (effect.do) {
    case 'create':
      return 'absent';
    case 'update':
      return versions(effect.object.metadata);
    case 'patch':
      return versions((effect.patch as { metadata?: Versions }).metadata ?? {});
    case 'delete':
      return versions(effect);
    case 'issue':
      return effect.certificate.object ? versions(effect.certificate.object) : 'absent';
    case 'add-learner':
      return `peerURL=${effect.peerURL}`;
    default:
      return `memberID=${effect.memberID}`;
  }
}

interface Versions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

const versions = ({ uid, resourceVersion }: Versions): string =>
  [`uid=${uid ?? ''}`, ...(resourceVersion === undefined ? [] : [`resourceVersion=${resourceVersion}`])].join(',');
