import { createHash } from 'node:crypto';
import { memberHost, names } from '../../api/names.js';
import { paths } from '../../api/paths.js';
import {
  peerURL,
  renderMemberFile,
  type Member,
  type MemberFileState,
  type MemberPeer,
  type TLSPaths,
} from '../../etcd/index.js';
import type { KubeObject } from '../../kube/index.js';
import { clusterToken, dataDirectory, identityLabels, toData, type Identity, type MemberRecord } from '../identity.js';
import { objectMeta, type Desired } from './common.js';

type Born = Omit<MemberRecord, 'fileHash'>;

export interface MemberFile {
  readonly pod: string;
  readonly text: string;
  readonly hash: string;
}

/** One member's etcd configuration. */
export function memberFile(
  desired: Desired,
  identity: Pick<Identity, 'incarnation'>,
  member: Born,
  state: MemberFileState,
): MemberFile {
  const { owner, spec } = desired;
  const pod = names.pod(owner.name, member.ordinal);
  const text = renderMemberFile({
    version: spec.version,
    name: pod,
    dataDirectory: `${paths.data}/${dataDirectory(identity, member)}`,
    host: hostOf(desired, member.ordinal),
    token: clusterToken(owner, identity),
    state,
    tls: {
      client: spec.tls.client.source === 'Disabled' ? undefined : tlsPaths(paths.server),
      peer: spec.tls.peer.source === 'Disabled' ? undefined : tlsPaths(paths.peer),
    },
    options: { ...spec.options },
  });
  return { pod, text, hash: createHash('sha256').update(text).digest('hex') };
}

interface Mounted {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly client?: { readonly cert: string; readonly key: string };
}

const tlsPaths = ({ ca, cert, key, client }: Mounted): TLSPaths => ({
  ca,
  certificate: cert,
  key,
  ...(client && { client: { certificate: client.cert, key: client.key } }),
});

export function hostOf({ owner, spec }: Desired, ordinal: number): string {
  return memberHost({ name: owner.name, namespace: owner.namespace, domain: spec.clusterDomain }, ordinal);
}

export function peerOf(desired: Desired, ordinal: number): MemberPeer {
  const isTLS = desired.spec.tls.peer.source !== 'Disabled';
  return { name: names.pod(desired.owner.name, ordinal), peerURL: peerURL(hostOf(desired, ordinal), isTLS) };
}

/** A member's `initial-cluster` entries as etcd itself lists the membership; an unstarted member gets the name of its pod. */
export function peersOf(desired: Desired, byOrdinal: ReadonlyMap<number, Member>): readonly MemberPeer[] {
  return [...byOrdinal]
    .sort(([a], [b]) => a - b)
    .map(([ordinal, member]) => ({ name: names.pod(desired.owner.name, ordinal), peerURL: member.peerURLs[0] ?? '' }));
}

/** Sealed: everyone else, never itself. etcd ignores the list when it finds its data and refuses to start when it does not. */
export function sealedState(desired: Desired, others: readonly number[], ordinal: number): MemberFileState {
  return { kind: 'sealed', peers: others.filter((each) => each !== ordinal).map((each) => peerOf(desired, each)) };
}

/** The ConfigMap that is the cluster's memory and its members' configuration. */
export function membersObject(desired: Desired, identity: Identity, files: ReadonlyMap<string, string>): KubeObject {
  const meta = objectMeta(desired.owner, names.members(desired.owner.name));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...meta, labels: { ...meta.labels, ...identityLabels(desired.owner.name, identity.incarnation) } },
    data: toData(identity, files),
  };
}
