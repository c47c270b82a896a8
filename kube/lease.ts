import type { ObjectBase } from './objects.js';

/** coordination.k8s.io/v1 */
export interface Lease extends ObjectBase {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface LeaseClaim {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
}

export const holderOf = (lease: Lease | undefined): string => lease?.spec?.holderIdentity ?? '';

/** The lease as held by us from now on: taken over, or renewed when it is ours already. */
export function claimed(claim: LeaseClaim, current: Lease | undefined, now: number): Lease {
  const isOurs = holderOf(current) === claim.identity;
  const { acquireTime, leaseTransitions = 0 } = current?.spec ?? {};
  const spec: LeaseSpec = {
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.ceil(claim.leaseDurationMs / 1000),
    acquireTime: isOurs && acquireTime !== undefined ? acquireTime : microTime(now),
    renewTime: microTime(now),
    leaseTransitions: isOurs || current === undefined ? leaseTransitions : leaseTransitions + 1,
  };
  const { namespace, name } = claim;
  const fresh = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } };
  return { ...(current ?? fresh), spec };
}

/** Free for whoever comes next, at once. */
export function released(current: Lease, now: number): Lease {
  const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) };
  return { ...current, spec };
}

/** The API server reads exactly six digits after the point. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z');
}
