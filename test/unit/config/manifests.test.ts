import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readFlags } from '../../../webhook/flags.js';
import { kustomized, nameOf, type Manifest, type PodSpec, type Template } from '../../support/manifests.js';

let read: Manifest[] | undefined;
const manifests = (): Manifest[] => (read ??= kustomized('config/default'));
const only = (name: string): Manifest => {
  const found = manifests().filter((manifest) => nameOf(manifest) === name);
  expect(found, name).to.have.length(1);
  return found[0] as Manifest;
};
const templateOf = (manifest: Manifest): Template => {
  const template = manifest.spec?.template;
  if (template === undefined) throw new Error(`${nameOf(manifest)} makes no pods`);
  return template;
};
const podsOf = (): [string, PodSpec][] =>
  manifests().flatMap((manifest) =>
    manifest.spec?.template === undefined ? [] : [[nameOf(manifest), manifest.spec.template.spec]],
  );

describe('config/default', () => {
  it('holds exactly these objects', () => {
    expect(manifests().map(nameOf).sort()).to.deep.equal([
      'Certificate quorate-system/quorate-webhook',
      'Certificate quorate-system/quorate-webhook-ca',
      'ClusterRole quorate-controller',
      'ClusterRole quorate-edit',
      'ClusterRole quorate-view',
      'ClusterRoleBinding quorate-controller',
      'CustomResourceDefinition etcdclusters.quorate.dev',
      'Deployment quorate-system/quorate-controller',
      'Deployment quorate-system/quorate-webhook',
      'Issuer quorate-system/quorate-webhook',
      'Issuer quorate-system/quorate-webhook-ca',
      'MutatingWebhookConfiguration quorate-webhook',
      'Namespace quorate-system',
      'NetworkPolicy quorate-system/quorate-controller',
      'NetworkPolicy quorate-system/quorate-webhook',
      'PodDisruptionBudget quorate-system/quorate-webhook',
      'Role quorate-system/quorate-controller-leader',
      'RoleBinding quorate-system/quorate-controller-leader',
      'Service quorate-system/quorate-webhook',
      'ServiceAccount quorate-system/quorate-controller',
      'ServiceAccount quorate-system/quorate-webhook',
      'ValidatingWebhookConfiguration quorate-webhook',
    ]);
  });

  it('runs the image of this version, pulled only when absent', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const images = podsOf().flatMap(([name, pod]) =>
      pod.containers.map(({ image, imagePullPolicy }) => `${name}: ${image} ${imagePullPolicy}`),
    );
    expect(images).to.deep.equal([
      `Deployment quorate-system/quorate-controller: ghcr.io/quorate/quorate:${version} IfNotPresent`,
      `Deployment quorate-system/quorate-webhook: ghcr.io/quorate/quorate:${version} IfNotPresent`,
    ]);
  });

  it('runs every container as Pod Security "restricted" demands, on a read-only file system, with bounded memory', () => {
    for (const [name, pod] of podsOf()) {
      expect(pod.securityContext, name).to.include({ runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 });
      expect(pod.securityContext['seccompProfile'], name).to.deep.equal({ type: 'RuntimeDefault' });
      for (const container of pod.containers) {
        expect(container.securityContext, name).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits?.memory, `${name} memory limit`).to.match(/^\d+Mi$/);
        expect(container.resources.requests, name).to.have.all.keys('cpu', 'memory');
      }
    }
    expect(only('Namespace quorate-system').metadata.labels).to.include({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('gives the webhook no rights and no token, and the controller an account of its own', () => {
    const bound = manifests().flatMap(({ subjects = [] }) => subjects.map(({ namespace, name }) => `${namespace}/${name}`));
    expect([...new Set(bound)]).to.deep.equal(['quorate-system/quorate-controller']);
    const tokens = podsOf().map(([, pod]) => [pod.serviceAccountName, pod.automountServiceAccountToken]);
    expect(tokens).to.deep.equal([
      ['quorate-controller', true],
      ['quorate-webhook', false],
    ]);
    for (const role of ['quorate-controller', 'quorate-webhook'])
      expect(only(`ServiceAccount quorate-system/${role}`).automountServiceAccountToken).to.equal(false);
  });

  it('has no wildcard and no right that leads to more rights', () => {
    const rules = manifests().flatMap((manifest) => (manifest.rules ?? []).map((rule) => ({ of: nameOf(manifest), rule })));
    // Webhook configurations have rules too, of another kind; only roles grant anything.
    const granted = rules.filter(({ of }) => of.includes('Role'));
    expect(granted).to.not.have.length(0);
    for (const { of, rule } of granted) {
      const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs];
      expect(words.filter((word) => word.includes('*')), of).to.deep.equal([]);
      expect(rule.verbs, of).to.not.include.members(['escalate', 'bind', 'impersonate']);
      expect(rule.resources, of).to.not.include.oneOf(['pods/exec', 'pods/attach', 'nodes', 'clusterroles', 'roles']);
    }
  });

  describe('the way of a review', () => {
    const service = (): Manifest => only('Service quorate-system/quorate-webhook');
    const webhook = (): Template => templateOf(only('Deployment quorate-system/quorate-webhook'));

    it('leads from the Service to the webhook pods, on the port they listen on', () => {
      expect(webhook().metadata.labels).to.include(service().spec?.selector);
      const target = service().spec?.ports?.[0]?.targetPort;
      const ports = webhook().spec.containers.flatMap((container) => container.ports);
      expect(ports.filter(({ name, containerPort }) => target === name || target === containerPort)).to.deep.equal([
        { name: 'webhook', containerPort: 9443 },
      ]);
    });

    it('is served with the certificate that cert-manager keeps', () => {
      const { secretName } = only('Certificate quorate-system/quorate-webhook').spec ?? {};
      expect(webhook().spec.volumes).to.deep.equal([{ name: 'tls', secret: { secretName, defaultMode: 0o440 } }]);
      const [container] = webhook().spec.containers;
      const folder = '/etc/quorate/webhook-tls';
      expect(container?.volumeMounts).to.deep.equal([{ name: 'tls', mountPath: folder, readOnly: true }]);
      expect(container?.args).to.deep.equal(['webhook']);
      const read = readFlags([]);
      expect(read.type === 'flags' && read.flags.files).to.include({
        cert: `${folder}/tls.crt`,
        key: `${folder}/tls.key`,
      });
    });
  });
});
