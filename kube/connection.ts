import { inClusterConnection, serviceAccountRoot } from './in-cluster.js';

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
  /** Sent with every request (impersonation). */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The context's namespace, or the service account's own. */
  readonly namespace?: string | undefined;
}

export interface ConnectionOptions {
  /** Path; without it KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Use the pod's own service account. Left out: when neither kubeconfig nor context is named and the process runs in a pod. */
  readonly inCluster?: boolean | undefined;
  readonly clock: { now(): number };
  /** Where the process finds itself; for tests. */
  readonly process?: { readonly env: Readonly<Record<string, string | undefined>>; readonly root: string } | undefined;
}

/** @throws Error that says which file, context or variable is missing or unfit */
export async function loadConnection(options: ConnectionOptions): Promise<Connection> {
  const around = options.process ?? { env: process.env, root: serviceAccountRoot };
  const isNamed = (options.kubeconfig ?? options.context ?? around.env['KUBECONFIG']) !== undefined;
  const isInPod = around.env['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (options.inCluster ?? (!isNamed && isInPod)) return inClusterConnection({ ...around, clock: options.clock });
  // Half a second and 60 MB, for a file that only a command line tool ever reads: not before it is needed.
  const { kubeconfigConnection } = await import('./kubeconfig.js');
  return kubeconfigConnection(options);
}
