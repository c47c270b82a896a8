import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';
import { fromServiceError, isTransportFailure } from '../../../etcd/failures.js';

function serviceError(code: status, details: string): ServiceError {
  return Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: new Metadata() });
}

const openssl =
  'No connection established. Last error: 80CC6A90297F0000:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:' +
  '../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 48\n (2026-11-23T23:01:07.731Z). Resolution note: ';

type Row = readonly [code: status, details: string, is: string, isAmbiguousChange: boolean, message?: string];

// The first column of texts is api/v3rpc/rpctypes/error.go, the rest was seen with real processes.
const rows: readonly Row[] = [
  [status.FAILED_PRECONDITION, 'etcdserver: not leader', 'NotLeader', false],
  [status.UNAVAILABLE, 'etcdserver: no leader', 'NoLeader', false],
  [status.UNAVAILABLE, 'etcdserver: leader changed', 'LeaderChanged', true],
  [status.UNKNOWN, 'raft proposal dropped', 'NoLeader', false],
  [status.FAILED_PRECONDITION, 'etcdserver: too many learner members in cluster', 'TooManyLearners', false],
  [
    status.FAILED_PRECONDITION,
    'etcdserver: can only promote a learner member which is in sync with leader',
    'LearnerNotReady',
    false,
  ],
  [status.FAILED_PRECONDITION, 'etcdserver: can only promote a learner member', 'MemberNotLearner', false],
  [status.FAILED_PRECONDITION, 'etcdserver: rpc not supported for learner', 'LearnerRefuses', false],
  [status.UNAVAILABLE, 'etcdserver: unhealthy cluster', 'UnhealthyCluster', false],
  [
    status.FAILED_PRECONDITION,
    'etcdserver: re-configuration failed due to not enough started members',
    'NotEnoughStarted',
    false,
  ],
  [status.FAILED_PRECONDITION, 'etcdserver: member ID already exist', 'MemberExists', false],
  [status.NOT_FOUND, 'etcdserver: member not found', 'MemberNotFound', false],
  [status.FAILED_PRECONDITION, 'etcdserver: Peer URLs already exists', 'PeerURLExists', false],
  [status.DATA_LOSS, 'etcdserver: corrupt cluster', 'Corrupt', false],
  [status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded', 'NoSpace', false],
  [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted', 'Compacted', false],
  [status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision', 'FutureRevision', false],
  [status.UNAUTHENTICATED, 'etcdserver: invalid auth token', 'Unauthenticated', false],
  [status.INVALID_ARGUMENT, 'etcdserver: user name is empty', 'Unauthenticated', false],
  [status.PERMISSION_DENIED, 'etcdserver: permission denied', 'PermissionDenied', false],
  [status.UNAVAILABLE, 'etcdserver: request timed out', 'Timeout', true],
  [status.UNAVAILABLE, 'etcdserver: request timed out, possibly due to previous leader failure', 'Timeout', true],
  [status.UNAVAILABLE, 'etcdserver: server stopped', 'Unavailable', true],
  [status.FAILED_PRECONDITION, 'etcdserver: bad leader transferee', 'Other', false],
  [status.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid', 'Other', false],
  [status.UNKNOWN, 'etcdserver: what nobody has seen yet', 'Other', true],
  [
    status.DEADLINE_EXCEEDED,
    'Deadline exceeded after 1.001s,LB pick: 0.001s',
    'Timeout',
    true,
    'no answer within the deadline',
  ],
  [status.DEADLINE_EXCEEDED, 'context deadline exceeded', 'Timeout', true, 'no answer within the deadline'],
  [status.UNAVAILABLE, 'read ECONNRESET', 'Unavailable', true],
  [status.CANCELLED, 'Call cancelled', 'Unavailable', true],
  [status.INTERNAL, 'Received RST_STREAM with code 2', 'Unavailable', true],
  [
    status.UNAVAILABLE,
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9. Resolution note: ',
    'Unavailable',
    false,
    'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9',
  ],
  [
    status.UNAVAILABLE,
    'No connection established. Last error: Failed to connect (2026-11-23T23:01:07.777Z). Resolution note: ',
    'Unavailable',
    false,
    'No connection established. Last error: Failed to connect',
  ],
  [
    status.UNAVAILABLE,
    openssl,
    'CertificateRejected',
    false,
    'No connection established. Last error: SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca',
  ],
  [
    status.UNAVAILABLE,
    "No connection established. Last error: Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames. Resolution note: ",
    'CertificateRejected',
    false,
    "No connection established. Last error: Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames",
  ],
];

describe('etcd failures', () => {
  for (const [code, details, is, isAmbiguous, message = details] of rows) {
    it(`${status[code]} "${details.slice(0, 90).trim()}" is ${is}, ${isAmbiguous ? '' : 'not '}ambiguous for a change`, () => {
      const cause = serviceError(code, details);
      const change = fromServiceError(cause, true);
      expect({ ...change, message: change.message, cause: change.cause }).to.deep.equal({
        name: 'EtcdError',
        code: is,
        isAmbiguous,
        message,
        cause,
      });
      expect(fromServiceError(cause, false).isAmbiguous).to.equal(false);
    });
  }

  it("only what the connection did, never etcd's own answer, ends a connection", () => {
    const ends = rows.filter(([code, details]) => isTransportFailure(serviceError(code, details)));
    expect(ends.map(([, details]) => details.slice(0, 20))).to.deep.equal([
      'Deadline exceeded af',
      'read ECONNRESET',
      'Received RST_STREAM ',
      'No connection establ',
      'No connection establ',
      'No connection establ',
      'No connection establ',
    ]);
  });
});
