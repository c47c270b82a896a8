// The certificates of an instance: one authority for the cluster, one for the front proxy, leaves on P-256 keys.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificate, type CertificateRequest, type Issuer } from './der.js';
import type { NetworkPlan } from './network-plan.js';

interface Leaf {
  /** File name without .crt and .key. */
  readonly file: string;
  readonly user: string;
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
}

const day = 86_400_000;

// A day back against clocks that differ, ten years ahead: an instance never outlives its certificates.
const validity = (): Pick<CertificateRequest, 'notBefore' | 'notAfter'> => ({
  notBefore: new Date(Date.now() - day),
  notAfter: new Date(Date.now() + 3650 * day),
});

const newKeys = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' });

function save(dir: string, name: string, text: string | Buffer): void {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
}

const privatePem = (key: KeyObject): string | Buffer => key.export({ type: 'pkcs8', format: 'pem' });

function authority(dir: string, name: string): Issuer {
  const { publicKey, privateKey } = newKeys();
  const issuer: Issuer = { subject: { commonName: name }, privateKey };
  save(dir, `${name}.crt`, certificate({ subject: issuer.subject, publicKey, ...validity() }, issuer));
  save(dir, `${name}.key`, privatePem(privateKey));
  return issuer;
}

function issue(dir: string, issuer: Issuer, leaf: Leaf): void {
  const { publicKey, privateKey } = newKeys();
  const subject = { commonName: leaf.user, organization: leaf.organization };
  const names = { dns: leaf.dns ?? [], addresses: leaf.addresses ?? [] };
  save(dir, `${leaf.file}.crt`, certificate({ subject, publicKey, leaf: names, ...validity() }, issuer));
  save(dir, `${leaf.file}.key`, privatePem(privateKey));
}

// Each component has a name of its own, so that the audit log tells who wrote; those that Kubernetes ships no role for are
// admins, which a test cluster can afford.
function leaves(plan: NetworkPlan): readonly Leaf[] {
  const admins = ['admin', 'kube-apiserver-kubelet-client', 'coredns', 'cert-manager', 'local-provisioner'];
  const kubernetes = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return [
    {
      file: 'kube-apiserver',
      user: 'kube-apiserver',
      dns: [...kubernetes, 'localhost'],
      addresses: [plan.controlPlane, plan.kubernetesService, '127.0.0.1'],
    },
    ...admins.map((name) => ({ file: name, user: name, organization: 'system:masters' })),
    ...['kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => ({
      file: name,
      user: `system:${name}`,
    })),
    ...plan.nodes.map((node) => ({
      file: node.name,
      user: `system:node:${node.name}`,
      organization: 'system:nodes',
      dns: [node.name],
      addresses: [node.address],
    })),
  ];
}

/** Writes every certificate and key of an instance into `dir`: ca, front-proxy-ca, service-account and the leaves. */
export function writePki(dir: string, plan: NetworkPlan): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const cluster = authority(dir, 'ca');
  for (const leaf of leaves(plan)) issue(dir, cluster, leaf);
  issue(dir, authority(dir, 'front-proxy-ca'), { file: 'front-proxy-client', user: 'front-proxy-client' });
  const account = newKeys();
  save(dir, 'service-account.key', privatePem(account.privateKey));
  save(dir, 'service-account.pub', account.publicKey.export({ type: 'spki', format: 'pem' }));
}
