import { readFileSync } from 'node:fs';
import { absent, Api } from './api.js';
import type { Place } from './place.js';

/** A place whose API server can be asked without kubectl: a localkube Cluster. */
interface Reachable extends Place {
  readonly server: string;
  readonly caFile: string;
  readonly adminCert: string;
  readonly adminKey: string;
}

const isReachable = (place: Place): place is Reachable => 'adminCert' in place && 'server' in place;

const group = {
  core: '/api/v1',
  apps: '/apis/apps/v1',
  quorate: '/apis/quorate.dev/v1alpha1',
  policy: '/apis/policy/v1',
  batch: '/apis/batch/v1',
} as const;

/** Names that tests call resources by, and where they are served. */
const served: Readonly<Record<string, readonly [base: string, plural: string]>> = {
  etcdcluster: [group.quorate, 'etcdclusters'],
  etcdclusters: [group.quorate, 'etcdclusters'],
  pod: [group.core, 'pods'],
  pods: [group.core, 'pods'],
  pvc: [group.core, 'persistentvolumeclaims'],
  persistentvolumeclaims: [group.core, 'persistentvolumeclaims'],
  secret: [group.core, 'secrets'],
  secrets: [group.core, 'secrets'],
  services: [group.core, 'services'],
  configmap: [group.core, 'configmaps'],
  configmaps: [group.core, 'configmaps'],
  events: [group.core, 'events'],
  serviceaccounts: [group.core, 'serviceaccounts'],
  statefulset: [group.apps, 'statefulsets'],
  statefulsets: [group.apps, 'statefulsets'],
  controllerrevisions: [group.apps, 'controllerrevisions'],
  poddisruptionbudgets: [group.policy, 'poddisruptionbudgets'],
  jobs: [group.batch, 'jobs'],
};

const apis = new WeakMap<Place, Api>();

function apiOf(place: Reachable): Api {
  const known = apis.get(place);
  if (known !== undefined) return known;
  const [ca = '', cert = '', key = ''] = [place.caFile, place.adminCert, place.adminKey].map((file) =>
    readFileSync(file, 'utf8'),
  );
  const api = new Api({ server: place.server, ca, cert, key });
  apis.set(place, api);
  return api;
}

/** How to read a resource without kubectl, which would cost a tenth of a second of processor time each; undefined where only it can. */
export interface Reader {
  get<T>(namespace: string, name: string): Promise<T | undefined>;
  list<T>(namespace: string, selector?: string): Promise<T[]>;
}

export function readerOf(place: Place, resource: string): Reader | undefined {
  const [base, plural] = served[resource] ?? [];
  if (base === undefined || plural === undefined || !isReachable(place)) return undefined;
  const api = apiOf(place);
  const path = (namespace: string): string => `${base}/namespaces/${namespace}/${plural}`;
  return {
    get: <T>(namespace: string, name: string) => again(() => absent(() => api.get<T>(`${path(namespace)}/${name}`))),
    async list<T>(namespace: string, selector?: string) {
      const query = selector === undefined ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
      const list = await again(() => api.get<List<T>>(path(namespace) + query));
      // Items of a list do not say what they are.
      const { apiVersion, kind } = list;
      return list.items.map((item) => ({ apiVersion, kind: kind.replace(/List$/, ''), ...item }));
    },
  };
}

interface List<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly T[];
}

/** A kept connection may have been closed meanwhile: a read is simply asked again, once. */
async function again<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return read();
    throw error;
  }
}
