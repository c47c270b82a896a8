import type { EtcdErrorCode } from './errors.js';
import type { Alarm, MemberClient, MemberList, MemberStatus, ReadPosition } from './types.js';

export interface ProbeFailure {
  readonly call: 'status' | 'members' | 'linearizableRead';
  readonly code: EtcdErrorCode;
  readonly message: string;
}

/** One look at one member. */
export interface MemberProbe {
  /** It answered at least one question. */
  readonly reachable: boolean;
  readonly status?: MemberStatus;
  /** The member's own list (serializable). Absent for a learner, which refuses the question. */
  readonly members?: MemberList;
  /** It reaches a quorum now. Absent for a learner. */
  readonly linearizable?: ReadPosition;
  /** As its status tells them; absent without a status. */
  readonly alarms?: readonly Alarm[];
  /** The first question that failed, in the order status, members, linearizable read. */
  readonly error?: ProbeFailure;
}

/** Asks everything at once under one deadline. Never rejects. */
export function probeMember(
  _client: MemberClient,
  _options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<MemberProbe> {
  throw new Error('not here yet');
}
