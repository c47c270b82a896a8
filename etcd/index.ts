/**
 * Talking to etcd and judging what it says: clients of one member, probes, membership, the configuration file of a
 * member. Nothing here knows Kubernetes, and nothing here decides what is done next.
 */
export type {
  Alarm,
  AlarmType,
  CallOptions,
  ClientCertificate,
  KeyValueHash,
  Member,
  MemberClient,
  MemberList,
  MemberStatus,
  ReadPosition,
} from './types.js';
export { EtcdError, type EtcdErrorCode } from './errors.js';
export type { MemberTarget } from './connection.js';
export { createMemberClient } from './member-client.js';
export { createClientPool, type ClientPool } from './client-pool.js';
export { probeMember, type MemberProbe, type ProbeFailure } from './probe.js';
export { peerVersion, type PeerFailure, type PeerTarget, type PeerVersion } from './peer-port.js';
export {
  renderMemberFile,
  clientURL,
  peerURL,
  type MemberFileInput,
  type MemberFileState,
  type MemberPeer,
  type TLSPaths,
} from './member-file.js';
export {
  alarmsOf,
  isCaughtUp,
  learners,
  listsAgree,
  membersByOrdinal,
  quorum,
  voters,
  type HostedMembers,
} from './membership.js';
