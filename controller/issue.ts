/** Keys and certificates → the Secret that holds them. Private keys go into the Secret and nowhere else. */
import { createAuthority, issueLeaf, type KeyPair } from '../certs/index.js';
import type { Environment } from '../api/index.js';
import { names } from '../api/names.js';
import type { KubeObject } from '../kube/index.js';
import {
  secretData,
  type AuthorityName,
  type CertificateSecret,
  type CertificateState,
  type LeafSpec,
} from './certificates-view.js';
import { objectMeta, ownerOf } from './objects/common.js';
import type { ClusterView } from './view.js';

/** The Secret as it is to be created, or to replace the one whose resourceVersion it carries. */
export async function issueSecret(
  view: ClusterView,
  state: CertificateState,
  environment: Environment,
): Promise<KubeObject> {
  const { secret, object } = state;
  const meta = objectMeta(ownerOf(view.cluster), secret.name);
  const data = await contentOf(view, secret, environment);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: object ? { ...meta, uid: object.uid, resourceVersion: object.resourceVersion } : meta,
    type: secret.type,
    data: Object.fromEntries([...data].map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

async function contentOf(
  view: ClusterView,
  { content }: CertificateSecret,
  environment: Environment,
): Promise<Map<string, string>> {
  if (content.kind === 'authority') {
    const { commonName, validityMs } = content;
    const { certificate, key } = await createAuthority({ commonName, validityMs }, environment);
    return new Map([
      ['tls.crt', certificate],
      ['tls.key', key],
    ]);
  }
  const data = new Map<string, string>();
  for (const leaf of content.leaves) {
    const authority = authorityOf(view, leaf.authority);
    const { certificate, key } = await issueLeaf({ ...requestOf(leaf), authority }, environment);
    data.set(leaf.files.certificate, certificate).set(leaf.files.key, key).set(leaf.files.ca, authority.certificate);
  }
  // The type kubernetes.io/tls demands these two, also where only a peer certificate is kept.
  for (const key of ['tls.crt', 'tls.key']) if (!data.has(key)) data.set(key, '');
  return data;
}

const requestOf = ({
  commonName,
  organization,
  dnsNames,
  ipAddresses,
  usages,
  validityMs,
}: LeafSpec): Omit<LeafSpec, 'files' | 'authority' | 'renewBeforeMs'> => ({
  commonName,
  organization,
  dnsNames,
  ipAddresses,
  usages,
  validityMs,
});

function authorityOf(view: ClusterView, which: AuthorityName): KeyPair {
  const name = which === 'peer' ? names.peerAuthority(view.name) : names.clientAuthority(view.name);
  const data = secretData(view.owned.get(`secrets/${name}`));
  return { certificate: data.get('tls.crt') ?? '', key: data.get('tls.key') ?? '' };
}
