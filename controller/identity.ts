/**
 * The durable memory of a cluster: one ConfigMap that holds who its members are and the etcd file each of them starts on. Both
 * stand in one object so that no crash can separate them, and every other object (StatefulSet replicas first of all)
 * follows from it. It is created once an incarnation and from then on only updated under its resourceVersion, so two
 * operators at once cannot both write it.
 */
import { labels } from '../api/names.js';

/**
 * `joining`: its file still carries it in `initial-cluster`, so an empty disk may start. `sealed`: its file refuses an empty
 * or foreign disk. `removed`: it left the membership; its pod and volume are being released.
 */
export type MemberState = 'joining' | 'sealed' | 'removed';

export interface MemberRecord {
  readonly ordinal: number;
  /** Counts up within an incarnation; names the data directory, so a disk of another birth is never opened. */
  readonly birth: number;
  readonly state: MemberState;
  /** etcd's member ID, hex; absent only while the cluster is being bootstrapped. */
  readonly memberID?: string;
  /** When it was given its file, milliseconds: the learner deadline counts from here. */
  readonly bornAt: number;
  /** SHA-256 of its file as rendered: a foreign edit is recognised and put back. */
  readonly fileHash: string;
}

export interface Identity {
  /** 8 hex characters, unique for each time this cluster began empty. */
  readonly incarnation: string;
  /** etcd's cluster ID, hex; latched when all bootstrap members are up. Its presence means: never `new` again. */
  readonly clusterID?: string;
  readonly nextBirth: number;
  /** Present while the cluster is stopped (size 0): how many members it had. */
  readonly stopped?: { readonly size: number };
  /** By ordinal, ascending, without gaps. */
  readonly members: readonly MemberRecord[];
}

export interface IdentityObject {
  readonly identity: Identity;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Member file by pod name. */
  readonly files: ReadonlyMap<string, string>;
}

export const identityKey = 'identity.json';

/** The initial-cluster token: unique for each incarnation, or two clusters could take each other's members for their own. */
export const clusterToken = (cluster: { namespace: string; name: string }, identity: { incarnation: string }): string =>
  `${cluster.namespace}/${cluster.name}/${identity.incarnation}`;

/** The data directory below the volume's mount point. */
export const dataDirectory = (identity: { incarnation: string }, member: { birth: number }): string =>
  `${identity.incarnation}-${member.birth}`;

/** StatefulSet replicas that the identity asks for: a pod for each member with a file, none while stopped. */
export function replicas(identity: Identity): number {
  if (identity.stopped) return 0;
  return identity.members.filter((member) => member.state !== 'removed').length;
}

export const present = (identity: Identity): readonly MemberRecord[] =>
  identity.members.filter((member) => member.state !== 'removed');

export const lastPresent = (identity: Identity): MemberRecord | undefined => present(identity).at(-1);

export const isBootstrapped = (identity: Identity | undefined): boolean => identity?.clusterID !== undefined;

export function replaceMember(identity: Identity, member: MemberRecord): Identity {
  const members = identity.members.map((each) => (each.ordinal === member.ordinal ? member : each));
  return { ...identity, members };
}

/** ConfigMap data for an identity and its files; keys in a fixed order, so that equal content is equal text. */
export function toData(identity: Identity, files: ReadonlyMap<string, string>): Record<string, string> {
  const data: Record<string, string> = { [identityKey]: JSON.stringify(identity) };
  for (const [pod, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) data[`${pod}.yaml`] = file;
  return data;
}

/** Reads the ConfigMap back; undefined when its identity is missing or is not one (someone edited it). */
export function fromData(
  data: Readonly<Record<string, string>> | undefined,
): Omit<IdentityObject, 'uid' | 'resourceVersion'> | undefined {
  const text = data?.[identityKey];
  if (data === undefined || text === undefined) return undefined;
  const identity = parse(text);
  if (identity === undefined) return undefined;
  const files = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (key !== identityKey && key.endsWith('.yaml')) files.set(key.slice(0, -'.yaml'.length), value);
  }
  return { identity, files };
}

function parse(text: string): Identity | undefined {
  try {
    const value = JSON.parse(text) as Partial<Identity> | null;
    if (value === null || typeof value !== 'object') return undefined;
    const isWhole =
      typeof value.incarnation === 'string' &&
      /^[0-9a-f]{8}$/.test(value.incarnation) &&
      Number.isSafeInteger(value.nextBirth) &&
      Array.isArray(value.members) &&
      value.members.every(isMemberRecord);
    return isWhole ? (value as Identity) : undefined;
  } catch {
    return undefined;
  }
}

function isMemberRecord(value: unknown, index: number): boolean {
  const member = value as Partial<MemberRecord> | null;
  return (
    member !== null &&
    typeof member === 'object' &&
    member.ordinal === index &&
    Number.isSafeInteger(member.birth) &&
    ['joining', 'sealed', 'removed'].includes(member.state ?? '') &&
    Number.isFinite(member.bornAt) &&
    typeof member.fileHash === 'string'
  );
}

export const identityLabels = (cluster: string, incarnation: string): Record<string, string> => ({
  [labels.cluster]: cluster,
  [labels.incarnation]: incarnation,
});
