// What an instance has beside bare Kubernetes: the storage class with its provisioner, and cert-manager.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeCommand } from '../support/node-process.js';
import type { ApiObject } from './api.js';
import { build } from './builder.js';
import { adminApi, kubeconfigsDir, pkiDir, serverUrl } from './control-plane.js';
import { startTool, waitFor, type Making } from './making.js';
import { dataDir } from './paths.js';
import { start } from './processes.js';
import { storageClass } from './provisioner-decide.js';

export async function applyStorageClass({ name, plan }: Making): Promise<void> {
  const api = adminApi(name, plan);
  await api.apply(`/apis/storage.k8s.io/v1/storageclasses/${storageClass.metadata.name}`, storageClass);
  api.close();
}

export function startProvisioner({ name, plan }: Making): void {
  // Daemons run in /, where the word tsx alone would not be found.
  const command = nodeCommand(import.meta.url, './provisioner-main').map((word) =>
    word === 'tsx' ? pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href : word,
  );
  const args = [serverUrl(plan), pkiDir(name), dataDir(name)];
  start(name, {
    component: 'local-provisioner',
    netns: plan.netns,
    argv: [...command, ...args],
    // Coverage of the caller is not this process's business, and its debugger neither.
    env: { NODE_OPTIONS: '', NODE_V8_COVERAGE: '' },
  });
}

interface Crd extends ApiObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Its CRDs, then its controllers and CA injector: they end when the kinds they watch are not there yet. */
export async function startCertManager(making: Making): Promise<void> {
  const { name, plan, log } = making;
  const crds = JSON.parse(readFileSync(join(await build('cert-manager', log), 'crds.json'), 'utf8')) as readonly Crd[];
  const api = adminApi(name, plan);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'cert-manager' } };
  await Promise.all([
    api.apply('/api/v1/namespaces/cert-manager', namespace),
    ...crds.map((crd) => api.apply(`${crdPath}/${crd.metadata.name}`, crd)),
  ]);
  await Promise.all(
    crds.map((crd) =>
      waitFor(making, `${crd.metadata.name} to be served`, async () => {
        const now = await api.json<Crd>(`${crdPath}/${crd.metadata.name}`);
        const established = now.status?.conditions?.some(
          ({ type, status }) => type === 'Established' && status === 'True',
        );
        if (established !== true) throw new Error('not established');
      }),
    ),
  );
  api.close();
  const args = [`--kubeconfig=${join(kubeconfigsDir(name), 'cert-manager')}`];
  await startTool(making, {
    component: 'cert-manager',
    group: 'cert-manager',
    tool: 'cert-manager',
    args,
    netns: plan.netns,
  });
}
