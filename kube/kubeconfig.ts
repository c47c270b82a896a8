import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Connection, ConnectionOptions, TlsMaterial } from './connection.js';
import { keep } from './kept.js';

/** Files and credential commands are asked again after this, and at once after a 401. */
const keptMs = 60_000;

/** A context of a kubeconfig file: certificates, tokens, token files, credential commands (exec), impersonation. */
export async function kubeconfigConnection(options: ConnectionOptions): Promise<Connection> {
  const config = load(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`context "${config.getCurrentContext()}" names no cluster of the kubeconfig`);
  if (cluster.proxyUrl !== undefined) throw new Error(`cluster "${cluster.name}": proxy-url is not supported`);
  const credentials = keep(() => resolve(config), keptMs, options.clock);
  await credentials.get();
  return {
    server: cluster.server,
    tls: async () => (await credentials.get()).tls,
    tokenSource: {
      token: async () => (await credentials.get()).token,
      invalidate: () => credentials.forget(),
    },
    headers: (await credentials.get()).headers,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
  };
}

function load({ kubeconfig, context }: ConnectionOptions): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  // What loadFromDefault makes up when it finds nothing: localhost:8080 without TLS.
  if (config.getCurrentContext() === 'loaded-context') {
    throw new Error('no kubeconfig: KUBECONFIG is not set and ~/.kube/config does not exist');
  }
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(`no context "${context}" in the kubeconfig; there are: ${known.join(', ')}`);
  }
  config.setCurrentContext(context);
  return config;
}

interface Credentials {
  readonly tls: TlsMaterial;
  readonly token: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

async function resolve(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { authorization, ...headers } = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  // client-node reads them as Buffers and takes them as strings from a credential command.
  const text = (pem: unknown): string | undefined => (pem as Buffer | string | undefined)?.toString('utf8');
  return {
    tls: {
      ca: text(options.ca),
      cert: text(options.cert),
      key: text(options.key),
      servername: options.servername,
      insecureSkipVerify: options.rejectUnauthorized === false,
    },
    token: authorization?.replace(/^Bearer /, ''),
    headers,
  };
}
