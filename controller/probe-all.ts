/** A look at every member of one cluster, side by side. */
import type { Clock } from '../api/index.js';
import { membersByOrdinal, probeMember, type MemberClient, type MemberProbe } from '../etcd/index.js';

export interface Probed {
  readonly ordinal: number;
  readonly client: MemberClient;
}

export interface Probing {
  readonly deadlineMs: number;
  /** More joiners are to come beside those there are: no step waits for what a learner says, and each pass would last its deadline. */
  readonly isGrowing: boolean;
  /** Of a member's host name. */
  readonly ordinalOf: (host: string) => number | undefined;
  readonly clock: Clock;
}

/**
 * A joiner accepts connections on its client port before it serves there. From 3.6 on that takes it up to seven seconds where its first
 * words to the cluster come back inside of a snapshot (publishV3 in server/etcdserver/server.go waits for them in vain, and asks again).
 */
const learnerPatienceMs = 200;

export async function probeAll(
  members: readonly Probed[],
  { deadlineMs, isGrowing, ordinalOf, clock }: Probing,
): Promise<readonly (readonly [number, MemberProbe])[]> {
  const stops = new Map(members.map(({ ordinal }) => [ordinal, new AbortController()]));
  const probes = members.map(async ({ ordinal, client }) => {
    const signal = stops.get(ordinal)?.signal;
    return [ordinal, await probeMember(client, { deadlineMs, signal })] as const;
  });
  if (isGrowing) void hurry();
  return Promise.all(probes);

  async function hurry(): Promise<void> {
    const lists = members.map(({ client }) => client.members({ linearizable: true, deadlineMs }));
    const list = await Promise.any(lists).catch(() => undefined);
    if (!list) return;
    await clock.sleep(learnerPatienceMs);
    const { byOrdinal } = membersByOrdinal(list.members, ordinalOf);
    for (const [ordinal, { isLearner }] of byOrdinal) if (isLearner) stops.get(ordinal)?.abort();
  }
}
