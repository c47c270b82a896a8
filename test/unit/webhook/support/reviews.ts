import type { Cause } from '../../../../api/judgement.js';
import type { JudgedKind } from '../../../../webhook/admission.js';

export const kind = { group: 'quorate.dev', version: 'v1alpha1', kind: 'EtcdCluster' };
export const resource = { group: 'quorate.dev', version: 'v1alpha1', resource: 'etcdclusters' };

export type Fields = Record<string, unknown>;

export function cluster(spec: Fields = { size: 3 }, metadata: Fields = {}): Fields {
  return {
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name: 'orders', namespace: 'shop', ...metadata },
    spec,
  };
}

/** An AdmissionReview as the API server sends it; `request` overrides any of its fields. */
export function review(request: Fields = {}): Fields {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: 'orders',
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'alice', groups: ['system:authenticated'] },
      object: cluster(),
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
      ...request,
    },
  };
}

export const sizeCause: Cause = {
  rule: 'size-odd',
  field: 'spec.size',
  reason: 'FieldValueInvalid',
  message: 'Invalid value: 4: must be one of 0, 1, 3, 5, 7; nearest: 3 (rule size-odd)',
};
export const versionCause: Cause = {
  rule: 'version-known',
  field: 'spec.version',
  reason: 'FieldValueNotSupported',
  message: 'Unsupported value: "9.9.9": must be a known minor; nearest: 3.6.16 (rule version-known)',
};

/** Small rules of the test's own, so that what is around the rules is tested apart from them. */
export const testKind: JudgedKind = {
  ...kind,
  resource: 'etcdclusters',
  setDefaults(next) {
    const object = next as { spec?: Fields };
    return object.spec && object.spec.version === undefined
      ? { ...object, spec: { ...object.spec, version: '3.6.16' } }
      : next;
  },
  judge(next, old, { operation }) {
    if (operation === 'DELETE') {
      const isProtected = (old as { spec?: Fields }).spec?.deletionProtection === 'Enabled';
      return { causes: isProtected ? [protectionCause] : [], warnings: [] };
    }
    const spec = (next as { spec?: Fields }).spec ?? {};
    if (spec.size === 'throw') throw new Error('planted failure');
    const causes = [
      ...(spec.size === 4 ? [sizeCause] : []),
      ...(String(spec.version).startsWith('9') ? [versionCause] : []),
    ];
    return { causes, warnings: spec.size === 5 ? ['spec.size: 3 → 5 adds 2 members; tolerates 2 failures after'] : [] };
  },
};

export const protectionCause: Cause = {
  rule: 'delete-protected',
  field: 'spec.deletionProtection',
  reason: 'FieldValueForbidden',
  message: 'deletion is refused while it is Enabled; set it to Disabled first',
};
