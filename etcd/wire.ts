/** From the shapes of proto.ts to those of types.ts. The decoder has already held the former to its table. */
import { hexID } from './ids.js';
import type { Alarm, KeyValueHash, Member, MemberList, MemberStatus, ReadPosition } from './types.js';

interface Header {
  readonly cluster_id: string;
  readonly member_id: string;
  readonly revision: string;
  readonly raft_term: string;
}

interface WireMember extends Omit<Member, 'id'> {
  readonly ID: string;
}

type Answer<T> = T & { readonly header: Header | null };

/** moveLeader's answer has none; no other does without. */
const noHeader: Header = { cluster_id: '0', member_id: '0', revision: '0', raft_term: '0' };

function member({ ID, name, peerURLs, clientURLs, isLearner }: WireMember): Member {
  return { id: hexID(ID), name, peerURLs, clientURLs, isLearner };
}

export function memberList(answer: unknown): MemberList {
  const { header, members } = answer as Answer<{ members: readonly WireMember[] }>;
  const { cluster_id, member_id } = header ?? noHeader;
  const inOrder = members.map(member).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { clusterID: hexID(cluster_id), memberID: hexID(member_id), members: inOrder };
}

export function addedMember(answer: unknown): MemberList & { readonly added: Member } {
  const { member: added } = answer as { readonly member: WireMember };
  return { ...memberList(answer), added: member(added) };
}

interface WireStatus {
  readonly version: string;
  readonly storageVersion: string;
  readonly dbSize: string;
  readonly dbSizeInUse: string;
  readonly dbSizeQuota: string;
  readonly leader: string;
  readonly raftIndex: string;
  readonly raftTerm: string;
  readonly raftAppliedIndex: string;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

export function memberStatus(answer: unknown): MemberStatus {
  const { header, ...status } = answer as Answer<WireStatus>;
  const { cluster_id, member_id, revision } = header ?? noHeader;
  return {
    clusterID: hexID(cluster_id),
    memberID: hexID(member_id),
    leader: status.leader === '0' ? '' : hexID(status.leader),
    raftTerm: BigInt(status.raftTerm),
    raftIndex: BigInt(status.raftIndex),
    raftAppliedIndex: BigInt(status.raftAppliedIndex),
    revision: BigInt(revision),
    version: status.version,
    storageVersion: status.storageVersion,
    dbSize: Number(status.dbSize),
    dbSizeInUse: Number(status.dbSizeInUse),
    dbSizeQuota: Number(status.dbSizeQuota),
    isLearner: status.isLearner,
    errors: status.errors,
  };
}

export function alarms(answer: unknown): readonly Alarm[] {
  const { alarms: found } = answer as { alarms: readonly { memberID: string; alarm: string }[] };
  return found.map(({ memberID, alarm }) => ({
    memberID: hexID(memberID),
    type: alarm === 'NOSPACE' || alarm === 'CORRUPT' ? alarm : 'Unknown',
  }));
}

export function keyValueHash(answer: unknown): KeyValueHash {
  const { header, hash, compact_revision, hash_revision } = answer as Answer<{
    readonly hash: number;
    readonly compact_revision: string;
    readonly hash_revision: string;
  }>;
  return {
    memberID: hexID((header ?? noHeader).member_id),
    hash,
    compactRevision: BigInt(compact_revision),
    hashRevision: BigInt(hash_revision),
  };
}

export function readPosition(answer: unknown): ReadPosition {
  const { member_id, revision, raft_term } = (answer as Answer<object>).header ?? noHeader;
  return { memberID: hexID(member_id), revision: BigInt(revision), raftTerm: BigInt(raft_term) };
}
