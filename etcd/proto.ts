/**
 * The part of etcd's gRPC interface that is used here, in protobufjs' JSON form and inside the source: a bundle cannot
 * read .proto files from disk. Field numbers are those of api/etcdserverpb/rpc.proto of etcd 3.7.3, which holds every
 * field of 3.5 and 3.6; a field that an older server does not know arrives as its default.
 *
 * Range stands here for reads of position. Through etcd3 they would cost a second TLS connection a member, 21 MB of memory
 * at load and .proto files beside the bundle (30 members: 110 MB without it, 123 with, Node 20).
 */
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';

type Field = readonly [type: string, id: number, rule?: 'repeated'];

function message(fields: Record<string, Field>): object {
  const entries = Object.entries(fields).map(
    ([name, [type, id, rule]]) => [name, rule === undefined ? { type, id } : { type, id, rule }] as const,
  );
  return { fields: Object.fromEntries(entries) };
}

function service(...names: readonly string[]): object {
  const methods = names.map(
    (name) => [name, { requestType: `${name}Request`, responseType: `${name}Response` }] as const,
  );
  return { methods: Object.fromEntries(methods) };
}

const header = ['ResponseHeader', 1] as const;

const etcdserverpb = {
  ResponseHeader: message({
    cluster_id: ['uint64', 1],
    member_id: ['uint64', 2],
    revision: ['int64', 3],
    raft_term: ['uint64', 4],
  }),

  KV: service('Range'),
  RangeRequest: message({ key: ['bytes', 1], limit: ['int64', 3], serializable: ['bool', 7], count_only: ['bool', 9] }),
  RangeResponse: message({ header, count: ['int64', 4] }),

  Cluster: service('MemberAdd', 'MemberRemove', 'MemberList', 'MemberPromote'),
  Member: message({
    ID: ['uint64', 1],
    name: ['string', 2],
    peerURLs: ['string', 3, 'repeated'],
    clientURLs: ['string', 4, 'repeated'],
    isLearner: ['bool', 5],
  }),
  MemberAddRequest: message({ peerURLs: ['string', 1, 'repeated'], isLearner: ['bool', 2] }),
  MemberAddResponse: message({ header, member: ['Member', 2], members: ['Member', 3, 'repeated'] }),
  MemberRemoveRequest: message({ ID: ['uint64', 1] }),
  MemberRemoveResponse: message({ header, members: ['Member', 2, 'repeated'] }),
  MemberListRequest: message({ linearizable: ['bool', 1] }),
  MemberListResponse: message({ header, members: ['Member', 2, 'repeated'] }),
  MemberPromoteRequest: message({ ID: ['uint64', 1] }),
  MemberPromoteResponse: message({ header, members: ['Member', 2, 'repeated'] }),

  Maintenance: service('Alarm', 'Status', 'HashKV', 'MoveLeader'),
  AlarmType: { values: { NONE: 0, NOSPACE: 1, CORRUPT: 2 } },
  // Action 0 asks; the enum itself is left out because proto-loader silently takes an unknown enum string as 0.
  AlarmRequest: message({ action: ['int32', 1] }),
  AlarmMember: message({ memberID: ['uint64', 1], alarm: ['AlarmType', 2] }),
  AlarmResponse: message({ header, alarms: ['AlarmMember', 2, 'repeated'] }),
  StatusRequest: message({}),
  StatusResponse: message({
    header,
    version: ['string', 2],
    dbSize: ['int64', 3],
    leader: ['uint64', 4],
    raftIndex: ['uint64', 5],
    raftTerm: ['uint64', 6],
    raftAppliedIndex: ['uint64', 7],
    errors: ['string', 8, 'repeated'],
    dbSizeInUse: ['int64', 9],
    isLearner: ['bool', 10],
    storageVersion: ['string', 11],
    dbSizeQuota: ['int64', 12],
  }),
  HashKVRequest: message({ revision: ['int64', 1] }),
  HashKVResponse: message({
    header,
    hash: ['uint32', 2],
    compact_revision: ['int64', 3],
    hash_revision: ['int64', 4],
  }),
  MoveLeaderRequest: message({ targetID: ['uint64', 1] }),
  MoveLeaderResponse: message({ header }),
};

const definitions = fromJSON(
  { nested: { etcdserverpb: { nested: etcdserverpb } } },
  { keepCase: true, longs: String, enums: String, defaults: true },
);

export type Method = MethodDefinition<object, object>;

/** Throws on a name that is not in the tables above. */
export function method(serviceName: string, name: string): Method {
  const found = definitions[`etcdserverpb.${serviceName}`];
  const definition = found === undefined || 'format' in found ? undefined : found[name];
  if (definition === undefined) throw new TypeError(`no such call: ${serviceName}/${name}`);
  return definition;
}
