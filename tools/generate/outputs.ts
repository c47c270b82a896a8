import prettier from 'prettier';
import { group } from '../../api/names.js';
import { etcdClusterKind } from '../../api/v1alpha1/etcd-cluster.js';
import { spec } from '../../api/v1alpha1/schema/spec.js';
import { status } from '../../api/v1alpha1/schema/status.js';
import { renderAdmission } from './admission.js';
import { renderCRD, renderKustomization } from './crd.js';
import { renderReference } from './reference.js';
import { renderTypes } from './types.js';

const style = { printWidth: 120, singleQuote: true, trailingComma: 'all' } as const;

/** Every generated file: path from the root of the repository, and what it must contain. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['api/v1alpha1/types.gen.ts', await prettier.format(renderTypes(spec, status), { ...style, parser: 'typescript' })],
    [`config/crd/${group}_${etcdClusterKind.plural}.yaml`, renderCRD()],
    ['config/crd/kustomization.yaml', renderKustomization()],
    ['docs/api.md', renderReference()],
    ['docs/admission.md', renderAdmission()],
  ]);
}
