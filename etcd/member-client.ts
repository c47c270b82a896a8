import type { Environment } from '../api/environment.js';
import { createConnection, type Connection, type MemberTarget } from './connection.js';
import { decimalID } from './ids.js';
import type { CallOptions, MemberClient } from './types.js';
import * as wire from './wire.js';

/** Read for its position only: no such key is ever written, and counting returns no value. */
const probeKey = Buffer.from('quorate.dev/probe');

/** Connects at the first call. `deadlineMs` holds for each call that does not bring its own. */
export function createMemberClient(
  options: MemberTarget & { readonly deadlineMs: number; readonly environment: Environment },
): MemberClient {
  const connection = createConnection(options, options);
  return { ...questions(connection), ...changes(connection), close: () => connection.close() };
}

function questions(connection: Connection) {
  async function ask(service: 'Cluster' | 'Maintenance', name: string, request: object, options?: CallOptions) {
    return connection.call({ service, name, request, isChange: false }, options);
  }
  async function read(serializable: boolean, options?: CallOptions) {
    const request = { key: probeKey, limit: 1, count_only: true, serializable };
    return wire.readPosition(
      await connection.call({ service: 'KV', name: 'Range', request, isChange: false }, options),
    );
  }
  return {
    status: async (options?: CallOptions) => wire.memberStatus(await ask('Maintenance', 'Status', {}, options)),
    members: async ({ linearizable, ...options }: CallOptions & { readonly linearizable: boolean }) =>
      wire.memberList(await ask('Cluster', 'MemberList', { linearizable }, options)),
    alarms: async (options?: CallOptions) => wire.alarms(await ask('Maintenance', 'Alarm', { action: 0 }, options)),
    hashKV: async (revision: bigint, options?: CallOptions) =>
      wire.keyValueHash(await ask('Maintenance', 'HashKV', { revision: String(revision) }, options)),
    linearizableRead: (options?: CallOptions) => read(false, options),
    serializableRead: (options?: CallOptions) => read(true, options),
  };
}

function changes(connection: Connection) {
  async function change(service: 'Cluster' | 'Maintenance', name: string, request: object, options?: CallOptions) {
    return connection.call({ service, name, request, isChange: true }, options);
  }
  return {
    addLearner: async (peerURL: string, options?: CallOptions) =>
      wire.addedMember(await change('Cluster', 'MemberAdd', { peerURLs: [peerURL], isLearner: true }, options)),
    promote: async (id: string, options?: CallOptions) =>
      wire.memberList(await change('Cluster', 'MemberPromote', { ID: decimalID(id) }, options)),
    remove: async (id: string, options?: CallOptions) =>
      wire.memberList(await change('Cluster', 'MemberRemove', { ID: decimalID(id) }, options)),
    moveLeader: async (toID: string, options?: CallOptions) => {
      await change('Maintenance', 'MoveLeader', { targetID: decimalID(toID) }, options);
    },
  };
}
