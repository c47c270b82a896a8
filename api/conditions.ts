/**
 * The closed lists of what a cluster's status can say. kstatus reads Ready, Reconciling and Stalled; the other conditions are for
 * people and alerts. Every list here is an enum in the CRD, so a word outside of them cannot be written;
 * their static types are generated with the rest (v1alpha1/types.gen.ts).
 */
export const conditionTypes = [
  'Ready',
  'Available',
  'Reconciling',
  'Stalled',
  'QuorumLost',
  'AlarmActive',
  'CertificatesReady',
  'Paused',
] as const;

/** For people, in one word; nothing decides by a phase. */
export const phases = [
  'Pending',
  'Creating',
  'Running',
  'Scaling',
  'Updating',
  'Stopping',
  'Stopped',
  'Restoring',
  'Recovering',
  'Degraded',
  'Failed',
] as const;

export const reasons = [
  // Ready
  'SpecReached',
  'Stopped',
  'AwaitingMembers',
  'MembersUnhealthy',
  'OperationRunning',
  // Available
  'ReadSucceeded',
  'ReadFailed',
  'NotBootstrapped',
  // Reconciling: what is being done
  'Creating',
  'Bootstrapping',
  'ScalingOut',
  'ScalingIn',
  'Stopping',
  'Waking',
  'Updating',
  'UpToDate',
  // Stalled: what only a person can solve
  'Progressing',
  'InvalidSpec',
  'FormerVolumesFound',
  'NameConflict',
  'VolumeMissing',
  'SealedRefusal',
  'IdentityLost',
  'MembershipDiverged',
  'DeadlineExceeded',
  'StepWithoutEffect',
  // QuorumLost
  'QuorumLost',
  'QuorumHeld',
  'EndpointsUnreachable',
  // AlarmActive
  'NoAlarms',
  'NoSpace',
  'Corrupt',
  // CertificatesReady
  'CertificatesIssued',
  'CertificatesPending',
  'CertificatesDisabled',
  'AuthorityEnding',
  'SecretUnfit',
  // Paused
  'Paused',
  'NotPaused',
  // Any condition that could not be judged in this pass
  'Unknown',
] as const;

/** What `status.operation` can be about. */
export const operationTypes = [
  'Create',
  'ScaleOut',
  'ScaleIn',
  'Stop',
  'Wake',
  'Update',
  'Replace',
  'Restore',
  'Recover',
] as const;
