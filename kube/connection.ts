/** What a TLS connection to the API server is made with; PEM texts. */
export interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/** Where the bearer token comes from; asked before each request, so it keeps what it read. */
export interface TokenSource {
  token(): Promise<string | undefined>;
  /** The server answered 401: what was kept is no good. */
  invalidate?(): void;
}

export interface Connection {
  /** https://host[:port][/prefix] */
  readonly server: string;
  /** A function where certificates change while the process runs. */
  readonly tls: TlsMaterial | (() => Promise<TlsMaterial>);
  readonly tokenSource?: TokenSource | undefined;
  /** The context's namespace, or the service account's own. */
  readonly namespace?: string | undefined;
}

export interface ConnectionOptions {
  /** Path; without it KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Use the pod's own service account. Without it: when no kubeconfig or context is named and the process runs in a pod. */
  readonly inCluster?: boolean | undefined;
  readonly clock: { now(): number };
}

export function loadConnection(_options: ConnectionOptions): Promise<Connection> {
  throw new Error('not written yet');
}
