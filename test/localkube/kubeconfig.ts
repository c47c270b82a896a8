// kubeconfig files, as JSON (which is YAML), with the certificates inside, so that the file works wherever it is copied to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Identity {
  readonly server: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly user: string;
  /** Name of the context, as `kubectl config current-context` prints it. */
  readonly context: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function renderKubeconfig({ server, ca, certificate, key, user, context }: Identity): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name: context, context: { cluster: context, user } }],
    'current-context': context,
  };
  return JSON.stringify(config, null, 2) + '\n';
}

/** The kubeconfig of one of the leaves in the instance's folder of certificates. */
export function kubeconfigOf(pki: string, user: string, server: string, context: string): string {
  const read = (file: string): string => readFileSync(join(pki, file), 'utf8');
  return renderKubeconfig({
    server,
    ca: read('ca.crt'),
    certificate: read(`${user}.crt`),
    key: read(`${user}.key`),
    user,
    context,
  });
}
