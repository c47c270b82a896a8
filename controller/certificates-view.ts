/**
 * Which certificates a cluster needs and how those it has stand. Two authorities, apart: whoever holds a client certificate
 * must not be able to join as a peer. Pure: keys and clocks are given.
 */
import {
  isIssuedBy,
  keyMatches,
  readCertificate,
  renewalTime,
  shortAddress,
  type CertificateInfo,
  type Usage,
} from '../certs/index.js';
import { maxSize, memberHost, names } from '../api/names.js';
import type { AcceptedSpec } from '../api/index.js';
import { parseDuration } from '../api/duration.js';
import type { KubeObject } from '../kube/index.js';

export type AuthorityName = 'peer' | 'client';

export interface LeafSpec {
  /** Data keys within the Secret. */
  readonly files: { readonly certificate: string; readonly key: string; readonly ca: string };
  readonly authority: AuthorityName;
  readonly commonName: string;
  readonly organization: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly Usage[];
  readonly validityMs: number;
  readonly renewBeforeMs: number;
}

export interface CertificateSecret {
  readonly name: string;
  readonly type: 'kubernetes.io/tls';
  readonly content:
    | {
        readonly kind: 'authority';
        readonly authority: AuthorityName;
        readonly commonName: string;
        readonly validityMs: number;
      }
    | { readonly kind: 'leaves'; readonly leaves: readonly LeafSpec[] };
}

export interface CertificateState {
  readonly secret: CertificateSecret;
  /** Absent: the Secret does not exist. */
  readonly object?: { readonly uid: string; readonly resourceVersion: string };
  /** Why it must be issued (again); undefined: it is good. */
  readonly problem?: 'Missing' | 'RenewalDue' | 'Unfit';
  readonly detail?: string;
  /** The earliest end of its certificates, milliseconds. */
  readonly notAfter?: number;
  /** The earliest moment one of its certificates falls due. */
  readonly renewAt?: number;
  /** Changes with the content that members have mounted. */
  readonly fingerprint?: string;
}

export type CertificatesView = readonly CertificateState[];

const day = 86_400_000;
const authorityValidity = 3650 * day;
const tlsFiles = { certificate: 'tls.crt', key: 'tls.key', ca: 'ca.crt' } as const;
const memberPeerFiles = { certificate: 'client.crt', key: 'client.key', ca: 'ca.crt' } as const;
const operatorPeerFiles = { certificate: 'peer.crt', key: 'peer.key', ca: 'peer-ca.crt' } as const;

export interface ClusterKey {
  readonly name: string;
  readonly namespace: string;
}

/** The Secrets with certificates that a cluster of this spec has, authorities first. */
export function certificateSecrets(cluster: ClusterKey, spec: AcceptedSpec): readonly CertificateSecret[] {
  const hasClientTLS = spec.tls.client.source === 'Operator';
  const hasPeerTLS = spec.tls.peer.source === 'Operator';
  const secrets: CertificateSecret[] = [];
  if (hasPeerTLS) secrets.push(authority(names.peerAuthority(cluster.name), 'peer', cluster));
  if (hasClientTLS) secrets.push(authority(names.clientAuthority(cluster.name), 'client', cluster));
  if (hasPeerTLS)
    secrets.push(leaves(names.peerCertificate(cluster.name), [peerLeaf(cluster, spec), peerClientLeaf(cluster, spec)]));
  if (hasClientTLS) {
    secrets.push(leaves(names.serverCertificate(cluster.name), [serverLeaf(cluster, spec)]));
    secrets.push(leaves(names.clientCertificate(cluster.name), [clientLeaf(cluster, spec, `${cluster.name}-client`)]));
  }
  const operator = [
    ...(hasClientTLS ? [clientLeaf(cluster, spec, 'quorate-operator')] : []),
    ...(hasPeerTLS ? [operatorPeerLeaf(cluster, spec)] : []),
  ];
  if (operator.length > 0) secrets.push(leaves(names.operatorCertificate(cluster.name), operator));
  return secrets;
}

const leaves = (name: string, of: readonly LeafSpec[]): CertificateSecret => ({
  name,
  type: 'kubernetes.io/tls',
  content: { kind: 'leaves', leaves: of },
});

const authority = (name: string, kind: AuthorityName, cluster: ClusterKey): CertificateSecret => ({
  name,
  type: 'kubernetes.io/tls',
  content: {
    kind: 'authority',
    authority: kind,
    commonName: `${cluster.namespace}/${cluster.name} ${kind} authority`.slice(0, 64),
    validityMs: authorityValidity,
  },
});

const organizationOf = (cluster: ClusterKey): string => `${cluster.namespace}/${cluster.name}`.slice(0, 64);

/** All ordinals at once, so that growing a cluster never reissues a certificate that is in use. */
function memberHosts(cluster: ClusterKey, spec: AcceptedSpec): readonly string[] {
  const at = { ...cluster, domain: spec.clusterDomain };
  return Array.from({ length: maxSize }, (_, ordinal) => memberHost(at, ordinal));
}

interface Lifetime {
  readonly validityMs: number;
  readonly renewBeforeMs: number;
}

const lifetime = ({ operator }: { operator?: { duration: string; renewBefore: string } }): Lifetime => ({
  validityMs: parseDuration(operator?.duration ?? '') ?? 90 * day,
  renewBeforeMs: parseDuration(operator?.renewBefore ?? '') ?? 30 * day,
});

function peerLeaf(cluster: ClusterKey, spec: AcceptedSpec): LeafSpec {
  return {
    files: tlsFiles,
    authority: 'peer',
    commonName: names.statefulSet(cluster.name),
    organization: organizationOf(cluster),
    dnsNames: memberHosts(cluster, spec),
    ipAddresses: [],
    usages: ['server', 'client'],
    ...lifetime(spec.tls.peer),
  };
}

function serverLeaf(cluster: ClusterKey, spec: AcceptedSpec): LeafSpec {
  const service = names.clientService(cluster.name);
  const extra = spec.tls.client.extraSANs;
  return {
    files: tlsFiles,
    authority: 'client',
    commonName: names.statefulSet(cluster.name),
    organization: organizationOf(cluster),
    dnsNames: [
      ...memberHosts(cluster, spec),
      `${service}.${cluster.namespace}.svc.${spec.clusterDomain}`,
      `${service}.${cluster.namespace}.svc`,
      `${service}.${cluster.namespace}`,
      service,
      'localhost',
      ...(extra?.dnsNames ?? []),
    ],
    ipAddresses: ['127.0.0.1', ...(extra?.ipAddresses ?? [])],
    // etcd's own gateway and the health probe inside the pod present the server's certificate as a client's.
    usages: ['server', 'client'],
    ...lifetime(spec.tls.client),
  };
}

function clientLeaf(cluster: ClusterKey, spec: AcceptedSpec, commonName: string): LeafSpec {
  return {
    files: tlsFiles,
    authority: 'client',
    commonName: commonName.slice(0, 64),
    organization: organizationOf(cluster),
    dnsNames: [],
    ipAddresses: [],
    usages: ['client'],
    ...lifetime(spec.tls.client),
  };
}

/**
 * What a member presents to other members, without any SAN. etcd compares a peer's SANs with the address it comes from, by DNS in both
 * directions: a joiner whose record is not there yet was refused, gave up and cost a restart. Who holds a leaf of this cluster's own peer
 * authority is a peer.
 */
function peerClientLeaf(cluster: ClusterKey, spec: AcceptedSpec): LeafSpec {
  return { ...operatorPeerLeaf(cluster, spec), files: memberPeerFiles, commonName: names.statefulSet(cluster.name) };
}

/** Without any SAN either: the address that the operator comes from is not known. */
function operatorPeerLeaf(cluster: ClusterKey, spec: AcceptedSpec): LeafSpec {
  return {
    files: operatorPeerFiles,
    authority: 'peer',
    commonName: 'quorate-operator',
    organization: organizationOf(cluster),
    dnsNames: [],
    ipAddresses: [],
    usages: ['client'],
    ...lifetime(spec.tls.peer),
  };
}

export type SecretData = ReadonlyMap<string, string>;

/** The decoded text values of a Secret. */
export function secretData(object: KubeObject | undefined): SecretData {
  const data = (object?.['data'] ?? {}) as Record<string, string>;
  return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** How each certificate Secret stands against what is wanted of it. */
export function judgeCertificates(
  wanted: readonly CertificateSecret[],
  found: (name: string) => KubeObject | undefined,
  now: number,
): CertificatesView {
  const authorities = new Map<AuthorityName, string>();
  return wanted.map((secret) => {
    const object = found(secret.name);
    const data = secretData(object);
    const state =
      secret.content.kind === 'authority'
        ? judgeAuthority(data, now)
        : judgeLeaves(secret.content.leaves, data, authorities, now);
    if (secret.content.kind === 'authority') authorities.set(secret.content.authority, data.get('tls.crt') ?? '');
    if (!object) return { secret, problem: 'Missing' as const };
    const { uid = '', resourceVersion = '' } = object.metadata;
    return { secret, object: { uid, resourceVersion }, ...state };
  });
}

/**
 * Authorities that nobody makes anew. One that members already trust is never replaced behind their backs: its leaves would be refused.
 * Nor is one that is there and unfit: whose it is cannot be known.
 */
export const lostAuthorities = (certificates: CertificatesView, isBootstrapped: boolean): CertificatesView =>
  certificates.filter(
    ({ secret, problem }) =>
      secret.content.kind === 'authority' && (problem === 'Unfit' || (problem === 'Missing' && isBootstrapped)),
  );

/** Authorities are not renewed; this long before the end it is said, which leaves time to move to a new cluster. */
const authorityNotice = 365 * day;

export const endingAuthorities = (certificates: CertificatesView, now: number): CertificatesView =>
  certificates.filter(
    ({ secret, notAfter }) =>
      secret.content.kind === 'authority' && notAfter !== undefined && notAfter - now < authorityNotice,
  );

type Judgement = Omit<CertificateState, 'secret' | 'object'>;

function judgeAuthority(data: SecretData, now: number): Judgement {
  const certificate = data.get('tls.crt') ?? '';
  const info = readCertificate(certificate);
  if (!info?.isAuthority) return { problem: 'Unfit', detail: 'tls.crt is not the certificate of an authority' };
  if (!keyMatches(certificate, data.get('tls.key') ?? ''))
    return { problem: 'Unfit', detail: 'tls.key does not belong to tls.crt' };
  // A leaf ends with its authority: one that is over would have leaves issued, and found due, without end.
  if (info.notAfter <= now)
    return { problem: 'Unfit', detail: `ended on ${new Date(info.notAfter).toISOString()}`, notAfter: info.notAfter };
  return { notAfter: info.notAfter, fingerprint: info.fingerprint256 };
}

function judgeLeaves(
  wanted: readonly LeafSpec[],
  data: SecretData,
  authorities: ReadonlyMap<AuthorityName, string>,
  now: number,
): Judgement {
  const each = wanted.map((leaf) => judgeLeaf(leaf, data, authorities.get(leaf.authority) ?? '', now));
  const bad = each.find((judgement) => judgement.problem !== undefined);
  const ends = each.flatMap(({ notAfter }) => (notAfter === undefined ? [] : [notAfter]));
  const renewals = each.flatMap(({ renewAt }) => (renewAt === undefined ? [] : [renewAt]));
  const prints = each.flatMap(({ fingerprint }) => fingerprint ?? []);
  return {
    ...(bad?.problem !== undefined && { problem: bad.problem }),
    ...(bad?.detail !== undefined && { detail: bad.detail }),
    ...(ends.length > 0 && { notAfter: Math.min(...ends) }),
    ...(renewals.length > 0 && { renewAt: Math.min(...renewals) }),
    ...(prints.length === each.length && { fingerprint: prints.join(',') }),
  };
}

function judgeLeaf(leaf: LeafSpec, data: SecretData, authority: string, now: number): Judgement {
  const certificate = data.get(leaf.files.certificate) ?? '';
  const info = readCertificate(certificate);
  const unfit = (detail: string): Judgement => ({ problem: 'Unfit', detail });
  if (!info) return unfit(`${leaf.files.certificate} is not a certificate`);
  if (!keyMatches(certificate, data.get(leaf.files.key) ?? ''))
    return unfit(`${leaf.files.key} does not belong to ${leaf.files.certificate}`);
  if (data.get(leaf.files.ca) !== authority || !isIssuedBy(certificate, authority)) {
    return unfit(`${leaf.files.certificate} is not signed by the cluster's ${leaf.authority} authority`);
  }
  const wanted = [...leaf.dnsNames, ...leaf.ipAddresses.map(shortAddress)];
  const carried = [...info.dnsNames, ...info.ipAddresses];
  const [missing, surplus] = [except(wanted, carried), except(carried, wanted)];
  const times = judgeTimes(info, { renewBeforeMs: leaf.renewBeforeMs, authority, now });
  // It serves on under its names, until it ends: that is known.
  if (missing.length > 0) return { ...times, ...unfit(`${leaf.files.certificate} lacks ${missing.join(', ')}`) };
  if (surplus.length > 0) return { ...times, ...unfit(`${leaf.files.certificate} is for ${surplus.join(', ')} too`) };
  return times;
}

interface Times {
  readonly renewBeforeMs: number;
  /** PEM; no leaf begins before it. */
  readonly authority: string;
  readonly now: number;
}

function judgeTimes(info: CertificateInfo, { renewBeforeMs, authority, now }: Times): Judgement {
  const { notBefore, notAfter, fingerprint256: fingerprint } = info;
  const renewAt = renewalTime(info, renewBeforeMs);
  const known = { notAfter, fingerprint, renewAt };
  // One that begins later was issued by a clock that was ahead: nobody takes it yet. A new one would be no better while its
  // authority begins later, too.
  const isAhead = notBefore > now && (readCertificate(authority)?.notBefore ?? 0) <= now;
  return isAhead || now >= renewAt ? { ...known, problem: 'RenewalDue' } : known;
}

const except = (some: readonly string[], others: readonly string[]): readonly string[] =>
  some.filter((each) => !others.includes(each));
