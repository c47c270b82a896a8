export type EtcdErrorCode =
  /** Nothing answers, or the connection broke. */
  | 'Unavailable'
  /** The deadline passed here, or etcd gave up waiting. */
  | 'Timeout'
  /** The caller's signal, or the client was closed. */
  | 'Aborted'
  | 'NotLeader'
  | 'NoLeader'
  | 'LeaderChanged'
  | 'TooManyLearners'
  | 'LearnerNotReady'
  /** The call is one that a learner does not serve. */
  | 'LearnerRefuses'
  | 'UnhealthyCluster'
  | 'NotEnoughStarted'
  | 'MemberExists'
  | 'MemberNotFound'
  | 'MemberNotLearner'
  | 'PeerURLExists'
  | 'Unauthenticated'
  | 'PermissionDenied'
  /** The TLS handshake failed, on either side's judgement. */
  | 'CertificateRejected'
  | 'Corrupt'
  | 'NoSpace'
  | 'Compacted'
  | 'FutureRevision'
  | 'Other';

/** What every call of a MemberClient rejects with. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';

  constructor(
    readonly code: EtcdErrorCode,
    message: string,
    /** True when a change was asked for and may or may not have happened: look before asking again. */
    readonly isAmbiguous: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
