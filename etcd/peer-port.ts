import type { Environment } from '../api/environment.js';
import type { ProbeFailure } from './probe.js';
import type { ClientCertificate, MemberList } from './types.js';

export interface PeerTarget {
  /** "10.0.0.5:2380" */
  readonly address: string;
  readonly serverName: string;
  /** The operator's own peer client certificate; absent: plain text. */
  readonly tls?: ClientCertificate | undefined;
  readonly deadlineMs: number;
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

export interface PeerVersion {
  readonly serverVersion: string;
  /** "not_decided" until the cluster has agreed on one. */
  readonly clusterVersion: string;
}

export type PeerFailure = { readonly error: Pick<ProbeFailure, 'code' | 'message'> };

/** What a member says of its version on its peer port: also a learner, and one without a quorum. Never rejects. */
export function peerVersion(_target: PeerTarget): Promise<PeerVersion | PeerFailure> {
  throw new Error('not here yet');
}

/** A member's own member list from its peer port: the only way to see a learner's. Never rejects. */
export function peerMembers(_target: PeerTarget): Promise<Omit<MemberList, 'memberID'> | PeerFailure> {
  throw new Error('not here yet');
}
