import { randomBytes } from 'node:crypto';
import { environment } from '../../../../cmd/environment.js';
import {
  createApiClient,
  loadConnection,
  resources,
  type ApiClient,
  type ApiClientOptions,
  type Connection,
} from '../../../../kube/index.js';
import { up } from '../../../localkube/index.js';

type Cluster = Awaited<ReturnType<typeof up>>;

export interface ApiServer {
  readonly cluster: Cluster;
  readonly connection: Connection;
  client(over?: Partial<ApiClientOptions>): ApiClient;
  /** A new, empty namespace's name. */
  namespace(): Promise<string>;
}

let running: Promise<ApiServer> | undefined;

/** A real API server of its own, started once for all suites that ask: these tests also kill it. */
export function apiServer(): Promise<ApiServer> {
  return (running ??= start());
}

after(async function () {
  this.timeout(60_000);
  const server = await running?.catch(() => undefined);
  await server?.cluster.down();
});

async function start(): Promise<ApiServer> {
  const cluster = await up({ name: 'kube', controlPlaneOnly: true, fresh: true });
  const connection = await loadConnection({ kubeconfig: cluster.kubeconfig, clock: environment.clock });
  const client = (over: Partial<ApiClientOptions> = {}): ApiClient =>
    createApiClient({ ...connection, clock: environment.clock, random: environment.random, ...over });
  const admin = client();
  return {
    cluster,
    connection,
    client,
    async namespace() {
      const name = `kube-${randomBytes(4).toString('hex')}`;
      await admin.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      admin.close();
      return name;
    },
  };
}
