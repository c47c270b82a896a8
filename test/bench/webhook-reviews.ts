import { randomUUID } from 'node:crypto';
import { setDefaults } from '../../api/index.js';

export interface Body {
  readonly path: string;
  readonly text: string;
}

type Fields = Record<string, unknown>;

const identity = { group: 'quorate.dev', version: 'v1alpha1' };

/** Reviews of about 10 KB, as an API server sends them: a defaulting create, an update, a refused one, a deletion. */
export function reviews(): readonly Body[] {
  const [plain, stored] = [cluster({ size: 3, deletionProtection: 'Enabled' }), cluster({ size: 3 })];
  const defaulted = setDefaults(stored) as Fields;
  const grown = { ...defaulted, spec: { ...(defaulted.spec as Fields), size: 5 } };
  const wrong = { ...defaulted, spec: { ...(defaulted.spec as Fields), size: 4, version: '3.6' } };
  return [
    body('mutate', { operation: 'CREATE', object: plain, oldObject: null }),
    body('mutate', { operation: 'UPDATE', object: grown, oldObject: defaulted }),
    body('validate', { operation: 'CREATE', object: defaulted, oldObject: null }),
    body('validate', { operation: 'UPDATE', object: grown, oldObject: defaulted }),
    body('mutate', { operation: 'UPDATE', object: wrong, oldObject: defaulted }),
    body('validate', { operation: 'DELETE', object: null, oldObject: defaulted }),
  ];
}

const wantedBytes = 10 * 1024;

function body(webhook: string, request: Fields): Body {
  const sized = (padding: number): string => JSON.stringify(review(padded(request, padding)));
  const missing = wantedBytes - sized(0).length;
  const objects = Number(request.object !== null) + Number(request.oldObject !== null);
  return { path: `/${webhook}/etcdclusters`, text: sized(Math.max(0, Math.floor(missing / objects))) };
}

/** What kubectl keeps in an annotation is most of a real review's bytes. */
function padded(request: Fields, padding: number): Fields {
  const pad = (object: unknown): unknown => {
    if (object === null) return null;
    const { metadata, ...rest } = object as Fields;
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec: 'x'.repeat(padding) }),
    };
    return { ...rest, metadata: { ...(metadata as Fields), annotations } };
  };
  return { ...request, object: pad(request.object), oldObject: pad(request.oldObject) };
}

function review(request: Fields): Fields {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind: { ...identity, kind: 'EtcdCluster' },
      resource: { ...identity, resource: 'etcdclusters' },
      requestKind: { ...identity, kind: 'EtcdCluster' },
      requestResource: { ...identity, resource: 'etcdclusters' },
      name: 'orders',
      namespace: 'shop',
      userInfo: {
        username: 'system:serviceaccount:flux-system:kustomize-controller',
        groups: ['system:authenticated'],
      },
      options: { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl' },
      dryRun: false,
      ...request,
    },
  };
}

function cluster(spec: Fields): Fields {
  return {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    metadata: {
      name: 'orders',
      namespace: 'shop',
      uid: randomUUID(),
      generation: 1,
      labels: { app: 'orders', team: 'shop' },
      managedFields: [
        { manager: 'kubectl', operation: 'Apply', apiVersion: 'quorate.dev/v1alpha1', fieldsV1: managed },
      ],
    },
    spec: {
      storage: { size: '20Gi', retentionPolicy: { whenStopped: 'RetainAll' } },
      options: { backendQuota: '4Gi', autoCompaction: { mode: 'Periodic', period: '1h' } },
      podTemplate: {
        metadata: { labels: { tier: 'data' } },
        spec: {
          containers: [
            { name: 'etcd', resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { memory: '8Gi' } } },
          ],
          topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
          ],
        },
      },
      ...spec,
    },
  };
}

const managed = {
  'f:metadata': { 'f:labels': { 'f:app': {}, 'f:team': {} } },
  'f:spec': {
    'f:size': {},
    'f:storage': { 'f:size': {}, 'f:retentionPolicy': { 'f:whenStopped': {} } },
    'f:options': { 'f:backendQuota': {}, 'f:autoCompaction': { 'f:mode': {}, 'f:period': {} } },
    'f:podTemplate': { 'f:metadata': { 'f:labels': { 'f:tier': {} } }, 'f:spec': { 'f:containers': { '.': {} } } },
  },
};
