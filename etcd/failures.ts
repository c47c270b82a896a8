/** From what gRPC and etcd report to an EtcdError. */
import { status, type ServiceError } from '@grpc/grpc-js';
import { EtcdError, type EtcdErrorCode } from './errors.js';

/** etcd's own words (api/v3rpc/rpctypes/error.go, the same on 3.5, 3.6 and 3.7), without "etcdserver: ". */
const codeOfText: Readonly<Record<string, EtcdErrorCode>> = {
  'not leader': 'NotLeader',
  'no leader': 'NoLeader',
  'leader changed': 'LeaderChanged',
  'too many learner members in cluster': 'TooManyLearners',
  'can only promote a learner member which is in sync with leader': 'LearnerNotReady',
  'rpc not supported for learner': 'LearnerRefuses',
  'unhealthy cluster': 'UnhealthyCluster',
  're-configuration failed due to not enough started members': 'NotEnoughStarted',
  'member ID already exist': 'MemberExists',
  'member not found': 'MemberNotFound',
  'can only promote a learner member': 'MemberNotLearner',
  'Peer URLs already exists': 'PeerURLExists',
  'corrupt cluster': 'Corrupt',
  'mvcc: database space exceeded': 'NoSpace',
  'mvcc: required revision has been compacted': 'Compacted',
  'mvcc: required revision is a future revision': 'FutureRevision',
  'permission denied': 'PermissionDenied',
  'invalid auth token': 'Unauthenticated',
  'user name is empty': 'Unauthenticated',
  'server stopped': 'Unavailable',
  'request timed out': 'Timeout',
  'request timed out, possibly due to previous leader failure': 'Timeout',
  'request timed out, possibly due to connection lost': 'Timeout',
  'request timed out, waiting for the applied index took too long': 'Timeout',
};

/** Not prefixed: raft refuses a change while it has no leader, or while one is handing over. */
const proposalDropped = 'raft proposal dropped';

const codeOfStatus: ReadonlyMap<status, EtcdErrorCode> = new Map([
  [status.DEADLINE_EXCEEDED, 'Timeout'],
  [status.CANCELLED, 'Unavailable'],
  [status.UNAVAILABLE, 'Unavailable'],
  [status.UNAUTHENTICATED, 'Unauthenticated'],
  [status.PERMISSION_DENIED, 'PermissionDenied'],
]);

/** Answers that say the request was judged and not carried out. */
const refusals: ReadonlySet<EtcdErrorCode> = new Set([
  'NotLeader',
  'NoLeader',
  'TooManyLearners',
  'LearnerNotReady',
  'LearnerRefuses',
  'UnhealthyCluster',
  'NotEnoughStarted',
  'MemberExists',
  'MemberNotFound',
  'MemberNotLearner',
  'PeerURLExists',
  'Unauthenticated',
  'PermissionDenied',
  'CertificateRejected',
  'Corrupt',
  'NoSpace',
]);
const refusingStatuses: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
  status.OUT_OF_RANGE,
]);

// TLS failures reach gRPC as "unavailable" with OpenSSL's or Node's text behind it.
const certificateTexts =
  /alert (bad certificate|unknown ca|certificate (required|unknown|expired|revoked)|unsupported certificate)|certificate (has expired|is not yet valid|signature failure)|unable to (get|verify)|self.signed certificate|altnames|wrong version number|handshake failure|ERR_TLS_/i;

export function isCertificateFailure(text: string): boolean {
  return certificateTexts.test(text);
}

export const noAnswer = 'no answer within the deadline';

/** gRPC's words for a call that never found a connection to be sent on. */
const neverSent = /^(No connection established|Name resolution failed)/;

/** Whether it is the connection that failed, and not the member that answered with a failure. */
export function isTransportFailure({ code, details }: ServiceError): boolean {
  if (details.startsWith('etcdserver: ')) return false;
  // Go's own words are "context deadline exceeded": the member has answered, if only that it gave up.
  if (code === status.DEADLINE_EXCEEDED) return details.startsWith('Deadline exceeded');
  return code === status.UNAVAILABLE || /RST_STREAM/.test(details);
}

export function fromServiceError(error: ServiceError, isChange: boolean): EtcdError {
  const code = codeOf(error);
  const isRefusal = refusals.has(code) || refusingStatuses.has(error.code) || neverSent.test(error.details);
  return new EtcdError(code, messageOf(error), isChange && !isRefusal, { cause: error });
}

function messageOf({ code, details }: ServiceError): string {
  // Which side's clock runs out first is chance, and gRPC's text counts milliseconds.
  return code === status.DEADLINE_EXCEEDED ? noAnswer : withoutNoise(details);
}

function codeOf(error: ServiceError): EtcdErrorCode {
  const { code, details } = error;
  if (details === proposalDropped) return 'NoLeader';
  const known = codeOfText[details.replace(/^etcdserver: /, '')];
  if (known !== undefined) return known;
  if (isTransportFailure(error) && isCertificateFailure(details)) return 'CertificateRejected';
  return codeOfStatus.get(code) ?? (isTransportFailure(error) ? 'Unavailable' : 'Other');
}

/** gRPC's and OpenSSL's texts carry times and addresses; a message that differs each time floods events and status. */
export function withoutNoise(details: string): string {
  return details
    .replace(/\s*\(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, '')
    .replace(/\.? *Resolution note: *$/, '')
    .replace(/[0-9A-F]{8,}:error:[0-9A-F]+:/g, '')
    .replace(/:\.\.\/[^ ]+?\.c:\d+:(SSL alert number \d+)?\s*/g, '')
    .trim();
}
