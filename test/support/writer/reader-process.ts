/**
 * Reads back what a writer put, linearizably, with the membership, and asks members for HashKV at one revision. Configuration on stdin, one JSON document on
 * stdout: runs where cluster DNS and Service addresses work.
 */
import { text } from 'node:stream/consumers';
import type { Etcd3 } from 'etcd3';
import type { Stored } from '../history.js';
import { eventually, pause } from '../poll.js';
import { connect } from './connection.js';
import type { MemberHash, Membership, ReaderConfig } from './protocol.js';

const page = 5000;

async function readAll(client: Etcd3, prefix: string): Promise<{ stored: Stored[]; revision: number }> {
  const stored: Stored[] = [];
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  let from = Buffer.from(prefix);
  let revision = 0;
  for (;;) {
    // All pages at the revision of the first: the view is one moment's.
    const answer = await client.kv.range({ key: from, range_end: end, limit: page, revision, serializable: false });
    if (revision === 0) revision = Number(answer.header.revision);
    for (const kv of answer.kvs) {
      stored.push({
        key: kv.key.toString(),
        value: kv.value.toString(),
        createRevision: Number(kv.create_revision),
        modRevision: Number(kv.mod_revision),
        version: Number(kv.version),
      });
    }
    const last = answer.kvs.at(-1);
    if (!answer.more || last === undefined) return { stored, revision };
    from = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

interface HashAnswer {
  readonly hash: string | number;
  readonly compact_revision: string;
}
/** etcd3 names this method as grpc-js does not, so it is called by its own name through the pool. */
interface Callable {
  exec(service: string, method: string, payload: unknown): Promise<HashAnswer>;
}

/** A follower may not have applied that revision yet, so it is asked until the deadline. */
async function hashOf(config: ReaderConfig, endpoint: string, revision: number): Promise<MemberHash> {
  const client = connect({ ...config, endpoint }, config.deadlineMs);
  const raw = (client.maintenance as unknown as { client: Callable }).client;
  try {
    return await eventually(
      `HashKV at revision ${revision} of ${endpoint}`,
      config.deadlineMs,
      async () => {
        const answer = await raw.exec('Maintenance', 'HashKV', { revision });
        const hash = String(answer.hash);
        return { done: true, value: { endpoint, hash, compactRevision: answer.compact_revision } };
      },
      50,
    );
  } catch (error) {
    return { endpoint, error: error instanceof Error ? error.message : String(error) };
  } finally {
    client.close();
  }
}

/** A hash begins at the compacted revision, which members pass a moment apart: only hashes from one revision can be compared. */
async function hashesOf(config: ReaderConfig, revision: number): Promise<MemberHash[]> {
  for (let round = 1; ; round++) {
    const hashes = await Promise.all(config.members.map((endpoint) => hashOf(config, endpoint, revision)));
    if (round === 10 || new Set(hashes.map((member) => member.compactRevision)).size <= 1) return hashes;
    await pause(100);
  }
}

async function membershipOf(client: Etcd3): Promise<Membership> {
  const { header, members } = await client.cluster.memberList({});
  return {
    cluster: BigInt(header.cluster_id).toString(16).padStart(16, '0'),
    members: members
      .map(({ name, peerURLs, isLearner }) => ({ name, isLearner: isLearner === true, peerURLs: [...peerURLs].sort() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const config = JSON.parse(await text(process.stdin)) as ReaderConfig;
/** A Service leads to a new endpoint only a second after it is ready; a reading that found none is simply repeated, on a new connection. */
const { stored, revision, membership } = await eventually('reading back', 3 * config.deadlineMs, async () => {
  const client = connect(config, config.deadlineMs);
  try {
    return { done: true, value: { ...(await readAll(client, config.prefix)), membership: await membershipOf(client) } };
  } finally {
    client.close();
  }
});
const hashes = await hashesOf(config, revision);
process.stdout.write(JSON.stringify({ stored, revision, hashes, membership }));
