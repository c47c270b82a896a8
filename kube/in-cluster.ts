import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Connection, TlsMaterial } from './connection.js';
import { keep } from './kept.js';

export const serviceAccountRoot = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The kubelet renews the token at 80 % of its life, so a minute is early enough; it is also what client-go does. */
const keptMs = 60_000;

export interface InClusterOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that the service account is mounted at. */
  readonly root: string;
  readonly clock: { now(): number };
}

/** The pod's own service account; its token and its authority are read again as the kubelet renews them. */
export async function inClusterConnection({ env, root, clock }: InClusterOptions): Promise<Connection> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || port === undefined) {
    throw new Error('not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  }
  const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8');
  const token = keep(() => read('token').then((text) => text.trim()), keptMs, clock);
  const tls = keep(() => read('ca.crt').then((ca): TlsMaterial => ({ ca })), keptMs, clock);
  await Promise.all([token.get(), tls.get()]);
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    tls: () => tls.get(),
    tokenSource: { token: () => token.get(), invalidate: () => token.forget() },
    namespace: (await read('namespace')).trim(),
  };
}
