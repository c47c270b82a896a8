/** The configuration file of one member. */
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
}

export interface MemberFileInput {
  /** Of etcd, "3.6.16"; decides which keys exist and how they are written. */
  readonly version: string;
  readonly name: string;
  readonly dataDirectory: string;
  /** The member's DNS name: what it tells others and clients. */
  readonly host: string;
  /** Where it listens; "0.0.0.0" unless said. */
  readonly listenHost?: string | undefined;
  /** Unique per incarnation. */
  readonly token: string;
  readonly state: MemberFileState;
  readonly tls: { readonly client?: TLSPaths | undefined; readonly peer?: TLSPaths | undefined };
  /** spec.options, accepted. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** "https://orders-0.orders-peers.shop.svc.cluster.local:2380" */
export function peerURL(_host: string, _tls: boolean): string {
  throw new Error('not here yet');
}

export function clientURL(_host: string, _tls: boolean): string {
  throw new Error('not here yet');
}

/** YAML. The same input gives the same text, byte for byte. */
export function renderMemberFile(_input: MemberFileInput): string {
  throw new Error('not here yet');
}
