import { EtcdError, type EtcdErrorCode } from './errors.js';
import { alarmsOf } from './membership.js';
import type { Alarm, MemberClient, MemberList, MemberStatus, ReadPosition } from './types.js';

export interface ProbeFailure {
  readonly call: 'status' | 'members' | 'linearizableRead';
  readonly code: EtcdErrorCode;
  readonly message: string;
}

/** One look at one member. */
export interface MemberProbe {
  /** etcd answered, if only to refuse. False says nothing of the process: a member restarted without a quorum is mute. */
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
export async function probeMember(
  client: MemberClient,
  options: { readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<MemberProbe> {
  const [status, members, read] = await Promise.allSettled([
    client.status(options),
    client.members({ ...options, linearizable: false }),
    client.linearizableRead(options),
  ]);
  const failures = [
    ...failureOf('status', status),
    ...failureOf('members', members),
    ...failureOf('linearizableRead', read),
  ];
  const [error] = failures.filter(({ code }) => code !== 'LearnerRefuses');
  return {
    reachable: failures.length < 3 || failures.some(({ code }) => !silences.has(code)),
    ...(status.status === 'fulfilled' && { status: status.value, alarms: alarmsOf(status.value) }),
    ...(members.status === 'fulfilled' && { members: members.value }),
    ...(read.status === 'fulfilled' && { linearizable: read.value }),
    ...(error && { error }),
  };
}

const silences: ReadonlySet<EtcdErrorCode> = new Set(['Unavailable', 'Timeout', 'Aborted', 'CertificateRejected']);

function failureOf(call: ProbeFailure['call'], settled: PromiseSettledResult<unknown>): readonly ProbeFailure[] {
  if (settled.status === 'fulfilled') return [];
  const reason: unknown = settled.reason;
  if (reason instanceof EtcdError) return [{ call, code: reason.code, message: reason.message }];
  return [{ call, code: 'Other', message: String(reason) }];
}
