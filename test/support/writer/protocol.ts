/** What passes between a writer's handle and its process. */

/** How an application reaches the cluster. */
export interface Access {
  /** `http(s)://host:port` */
  readonly endpoint: string;
  /** PEM texts; none for a cluster without TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

export interface WriterConfig extends Access {
  /** Every key begins with it. */
  readonly prefix: string;
  readonly intervalMs: number;
  readonly deadlineMs: number;
  /** Where each attempt is appended as a line of JSON. */
  readonly log: string;
}

export interface ReaderConfig extends Access {
  readonly prefix: string;
  /** Endpoints of the members to be compared by HashKV. */
  readonly members: readonly string[];
  readonly deadlineMs: number;
}

/** HashKV of one member, or why it could not be had. */
export interface MemberHash {
  readonly endpoint: string;
  readonly hash?: string;
  readonly compactRevision?: string;
  readonly error?: string;
}

/** The membership as etcd itself tells it. */
export interface Membership {
  /** 16 hex digits. */
  readonly cluster: string;
  readonly members: readonly {
    readonly name: string;
    readonly isLearner: boolean;
    readonly peerURLs: readonly string[];
  }[];
}
