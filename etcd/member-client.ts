import type { Environment } from '../api/environment.js';
import type { ClientCertificate, MemberClient } from './types.js';

export interface MemberTarget {
  /** "10.0.0.5:2379": the pod's own address, so that no name lookup stands between the question and this member. */
  readonly address: string;
  /** The name that the member's certificate must carry. */
  readonly serverName: string;
  /** Absent: plain text. */
  readonly tls?: ClientCertificate | undefined;
}

export function createMemberClient(
  _target: MemberTarget & { readonly deadlineMs: number; readonly environment: Environment },
): MemberClient {
  throw new Error('not here yet');
}
