/**
 * What etcd says about itself, as plain values. Member and cluster IDs are 16 lower-case hexadecimal digits: a uint64
 * does not fit a JavaScript number, and etcd's own tools print hexadecimal. Counters are bigint.
 */
export interface Member {
  readonly id: string;
  /** Empty until the member has been started once. */
  readonly name: string;
  readonly peerURLs: readonly string[];
  /** Empty until the member has been started once. */
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface MemberList {
  readonly clusterID: string;
  /** The member that answered. */
  readonly memberID: string;
  /** In the order of their IDs. */
  readonly members: readonly Member[];
}

export interface MemberStatus {
  readonly clusterID: string;
  /** The member that answered. */
  readonly memberID: string;
  /** Empty when this member knows of no leader. */
  readonly leader: string;
  readonly raftTerm: bigint;
  /** Committed, as this member knows it. */
  readonly raftIndex: bigint;
  readonly raftAppliedIndex: bigint;
  /** Revision of this member's store; a follower's may lag. */
  readonly revision: bigint;
  /** Of the server, e.g. "3.6.16". */
  readonly version: string;
  /** Of the data on disk, e.g. "3.6.0"; empty before 3.6. */
  readonly storageVersion: string;
  /** Bytes allocated on disk. */
  readonly dbSize: number;
  /** Bytes in use. */
  readonly dbSizeInUse: number;
  /** Backend quota in bytes; 0 where the server does not say (before 3.6). */
  readonly dbSizeQuota: number;
  readonly isLearner: boolean;
  /** Alarms and "etcdserver: no leader", in etcd's own words. */
  readonly errors: readonly string[];
}

export type AlarmType = 'NOSPACE' | 'CORRUPT' | 'Unknown';

export interface Alarm {
  readonly memberID: string;
  readonly type: AlarmType;
}

export interface KeyValueHash {
  readonly memberID: string;
  readonly hash: number;
  readonly compactRevision: bigint;
  /** The revision the hash was taken at; 0 where the server does not say (before 3.6). */
  readonly hashRevision: bigint;
}

/** Where the keyspace stood when a read was answered. */
export interface ReadPosition {
  readonly memberID: string;
  readonly revision: bigint;
  readonly raftTerm: bigint;
}

/** PEM texts. */
export interface ClientCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's own deadline. */
  readonly deadlineMs?: number | undefined;
}

/**
 * One member, addressed directly. Each call is sent once, has a deadline, and rejects with an EtcdError and nothing
 * else. There is no call that adds a voter: a voter that never starts takes the quorum of a single member with it.
 */
export interface MemberClient {
  status(options?: CallOptions): Promise<MemberStatus>;
  /** `linearizable: false` gives this member's own list, which is what tells members apart; a learner refuses both. */
  members(options: CallOptions & { readonly linearizable: boolean }): Promise<MemberList>;
  /**
   * The new member and the list as it stands with it. A peer URL that is there already is PeerURLExists, or MemberExists
   * within the same second: etcd makes the ID of the URL and the second. One removed within that second is MemberNotFound.
   */
  addLearner(peerURL: string, options?: CallOptions): Promise<MemberList & { readonly added: Member }>;
  promote(memberID: string, options?: CallOptions): Promise<MemberList>;
  /** UnhealthyCluster until all voters have been connected for 5 s, as for an add. The removed process ends with code 0. */
  remove(memberID: string, options?: CallOptions): Promise<MemberList>;
  /** Only the leader carries this out; others answer NotLeader. */
  moveLeader(toMemberID: string, options?: CallOptions): Promise<void>;
  /**
   * The cluster's alarms. Not for each pass: etcd sends even this question through raft, so it needs a quorum and writes
   * an entry to every log. `alarmsOf(status)` reads the same from a status.
   */
  alarms(options?: CallOptions): Promise<readonly Alarm[]>;
  /** Of all keys up to a revision; 0n means the newest. */
  hashKV(revision: bigint, options?: CallOptions): Promise<KeyValueHash>;
  /** Proves that this member reaches a quorum now. */
  linearizableRead(options?: CallOptions): Promise<ReadPosition>;
  /** Proves only that this member answers. */
  serializableRead(options?: CallOptions): Promise<ReadPosition>;
  /** Ends the connection; calls under way and later ones are rejected. Idempotent. */
  close(): void;
}
