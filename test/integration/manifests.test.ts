import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { binary } from '../localkube/index.js';
import { must } from '../localkube/exec.js';
import { kustomized, nameOf, type Manifest } from '../support/manifests.js';

// What unit tests read of the manifests is read by ourselves (support/manifests.ts); kubectl must read the same.
describe('kubectl kustomize', function () {
  this.timeout(60_000);

  async function rendered(folder: string): Promise<Manifest[]> {
    const text = await must([await binary('kubernetes', 'kubectl'), 'kustomize', folder]);
    return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  }
  const sorted = (all: Manifest[]): Manifest[] => [...all].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

  it('gives the same objects for config/default', async () => {
    expect(sorted(await rendered('config/default'))).to.deep.equal(sorted(kustomized('config/default')));
  });

  it('binds the controller in one namespace and nowhere else for config/namespaced', async () => {
    const namespaced = await rendered('config/namespaced');
    const bindings = namespaced.filter(({ kind }) => kind.endsWith('RoleBinding')).map(nameOf);
    expect(bindings.sort()).to.deep.equal([
      'RoleBinding etcd/quorate-controller',
      'RoleBinding quorate-system/quorate-controller-leader',
    ]);
    const controller = namespaced.find(
      (manifest) => nameOf(manifest) === 'Deployment quorate-system/quorate-controller',
    );
    expect(controller?.spec?.template?.spec.containers[0]?.args).to.deep.equal([
      'controller',
      '--watch-namespace=etcd',
    ]);
  });
});
