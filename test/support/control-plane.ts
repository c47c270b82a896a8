import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environment } from '../../cmd/environment.js';
import {
  ApiError,
  createApiClient,
  loadConnection,
  resources,
  type ApiClient,
  type KubeObject,
} from '../../kube/index.js';
import { up, type Cluster } from '../localkube/index.js';
import { eventually } from './poll.js';

/** A real API server that all suites of one test run share; each works in a namespace of its own. */
export interface ControlPlane {
  readonly cluster: Cluster;
  readonly client: ApiClient;
  /** A new, empty namespace's name. */
  namespace(): Promise<string>;
  /** Installs the CRD as it stands in config/crd, or without its rules: as a version before them stored objects. */
  installCRD(rules?: 'with rules' | 'without rules'): Promise<void>;
}

let running: Promise<ControlPlane> | undefined;

/** Started at the first call, taken down after the last test of the run. */
export function controlPlane(): Promise<ControlPlane> {
  return (running ??= start());
}

after(async function () {
  this.timeout(60_000);
  const plane = await running?.catch(() => undefined);
  plane?.client.close();
  await plane?.cluster.down();
});

async function start(): Promise<ControlPlane> {
  // QUORATE_IT: a name of one's own beside another run on the same machine.
  const cluster = await up({ name: process.env['QUORATE_IT'] ?? 'it', controlPlaneOnly: true, fresh: true });
  const { clock, random } = environment;
  const client = createApiClient({
    ...(await loadConnection({ kubeconfig: cluster.kubeconfig, clock })),
    clock,
    random,
  });
  return {
    cluster,
    client,
    async namespace() {
      const name = `it-${randomBytes(4).toString('hex')}`;
      await client.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return name;
    },
    installCRD: (rules = 'with rules') => installCRD(client, rules),
  };
}

const file = join(import.meta.dirname, '../../config/crd/quorate.dev_etcdclusters.yaml');
const definitions = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
} as const;

/** The same JSON without the rules that CEL says. */
export function withoutRules(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRules);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'x-kubernetes-validations');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutRules(inner)]));
}

async function installCRD(client: ApiClient, rules: 'with rules' | 'without rules'): Promise<void> {
  const parsed: unknown = parse(await readFile(file, 'utf8'));
  const definition = (rules === 'with rules' ? parsed : withoutRules(parsed)) as KubeObject;
  await client.apply(definitions, definition, { fieldManager: 'test', force: true });
  // A CRD is served by handlers that are replaced some time after it was stored: only a judged object tells.
  await eventually(`the CRD ${rules} is served`, 60_000, async () => {
    const refused = await refusal(client, { size: 4 });
    const served = refused === undefined || refused.reason === 'Invalid';
    const done = served && (refused !== undefined) === (rules === 'with rules');
    return done ? { done, value: undefined } : { done: false, seen: refused?.message ?? 'it is accepted' };
  });
}

async function refusal(client: ApiClient, spec: object): Promise<ApiError | undefined> {
  const metadata = { name: 'judged', namespace: 'default' };
  const object = { apiVersion: 'quorate.dev/v1alpha1', kind: 'EtcdCluster', metadata, spec };
  try {
    await client.create(resources.etcdClusters, object, { dryRun: true });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
