/**
 * The configuration file of one member. etcd silently ignores a key it does not know, on every minor, so each key and
 * encoding written here is read back from the start log of every supported etcd (test/integration/etcd-file.test.ts).
 */
import { stringify } from 'yaml';
import { ports } from '../api/names.js';
import { minorOf, type Minor } from '../api/versions.js';
import { renderOptions } from './member-options.js';

export interface MemberPeer {
  readonly name: string;
  readonly peerURL: string;
}

export type MemberFileState =
  /** About to be born: the list holds this member too, and exactly the membership at the moment it starts. */
  | { readonly kind: 'new' | 'existing'; readonly initialCluster: readonly MemberPeer[] }
  /** Born: the list is the others, without this member. With its data it starts; without, it refuses to. */
  | { readonly kind: 'sealed'; readonly peers: readonly MemberPeer[] };

/** Files inside the member's container. */
export interface TLSPaths {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** Presented to others instead of the above. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
}

export interface MemberFileInput {
  /** Of etcd, "3.6.16"; decides which keys exist and how they are written. */
  readonly version: string;
  readonly name: string;
  readonly dataDirectory: string;
  /** The member's DNS name: what it tells others and clients. */
  readonly host: string;
  /** The address it listens on; "0.0.0.0" unless said. */
  readonly listenHost?: string | undefined;
  /** Unique per incarnation. */
  readonly token: string;
  readonly state: MemberFileState;
  readonly tls: { readonly client?: TLSPaths | undefined; readonly peer?: TLSPaths | undefined };
  /** spec.options, accepted. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Constant from birth on: each member applies the limit with its own value, so members that differ in it end with
 * different member lists and no error. The largest growth is from 1 to 7.
 */
const maxLearners = 6;

/** "https://orders-0.orders-peers.shop.svc.cluster.local:2380" */
export function peerURL(host: string, isTLS: boolean): string {
  return url(host, ports.peer, isTLS);
}

export function clientURL(host: string, isTLS: boolean): string {
  return url(host, ports.client, isTLS);
}

function url(host: string, port: number, isTLS: boolean): string {
  return `${isTLS ? 'https' : 'http'}://${host}:${port}`;
}

/** YAML. The same input gives the same text, byte for byte. Throws on a version or an option that is not in the catalogue. */
export function renderMemberFile(input: MemberFileInput): string {
  const minor = minorOf(input.version);
  if (minor === undefined) throw new TypeError(`no known etcd version: ${input.version}`);
  const { name, dataDirectory, tls } = input;
  return stringify(
    {
      name,
      'data-dir': dataDirectory,
      ...addresses(input),
      ...birth(input),
      ...security('client-transport-security', tls.client),
      ...security('peer-transport-security', tls.peer),
      ...membership(minor),
      logger: 'zap',
      ...renderOptions(input.options, minor),
    },
    { lineWidth: 0 },
  );
}

function addresses({ host, listenHost = '0.0.0.0', tls }: MemberFileInput): object {
  return {
    'listen-client-urls': url(listenHost, ports.client, tls.client !== undefined),
    'listen-peer-urls': url(listenHost, ports.peer, tls.peer !== undefined),
    // Plain text: a kubelet's probe has no certificate to show. etcd serves health and metrics here and nothing else.
    'listen-metrics-urls': url(listenHost, ports.metrics, false),
    'advertise-client-urls': clientURL(host, tls.client !== undefined),
    'initial-advertise-peer-urls': peerURL(host, tls.peer !== undefined),
  };
}

/**
 * A sealed file of a single member has nobody to list. An absent list would default to the member itself, and an empty one
 * is refused only because etcd happens to tell it from an absent one: this name is in nobody's way and never looked up.
 */
const nobody: MemberPeer = { name: 'sealed', peerURL: 'http://sealed.invalid:2380' };

function birth({ token, state }: MemberFileInput): object {
  const listed = state.kind === 'sealed' ? state.peers : state.initialCluster;
  const members = listed.length === 0 ? [nobody] : listed;
  return {
    'initial-cluster': members.map((member) => `${member.name}=${member.peerURL}`).join(','),
    'initial-cluster-state': state.kind === 'new' ? 'new' : 'existing',
    'initial-cluster-token': token,
  };
}

function security(key: string, paths: TLSPaths | undefined): object {
  if (paths === undefined) return {};
  const { certificate, key: privateKey, ca, client } = paths;
  return {
    [key]: {
      'cert-file': certificate,
      'key-file': privateKey,
      'trusted-ca-file': ca,
      ...(client && { 'client-cert-file': client.certificate, 'client-key-file': client.key }),
      'client-cert-auth': true,
    },
  };
}

function membership(minor: Minor): object {
  const settings = { 'strict-reconfig-check': true };
  return minor === '3.5' ? settings : { ...settings, 'max-learners': maxLearners };
}
