/** The baseline of the lifecycle bench: the operator's own objects, made at once by the same builders and then left alone. */
import { acceptedSpec, type AcceptedSpec } from '../../api/index.js';
import { names } from '../../api/names.js';
import { createAuthority, issueLeaf } from '../../certs/index.js';
import { environment } from '../../cmd/environment.js';
import { certificateSecrets, type AuthorityName } from '../../controller/certificates-view.js';
import { memberFile, peerOf } from '../../controller/objects/members.js';
import { peerService } from '../../controller/objects/services.js';
import { statefulSet } from '../../controller/objects/stateful-set.js';

const dayMs = 24 * 60 * 60_000;

/** A user's spec without its size: both sides get the same. */
export interface Shape {
  readonly version: string;
  readonly storage: { readonly size: string };
  readonly options: { readonly backendQuota: string };
}

/** A static cluster under a Parallel StatefulSet, with TLS as the operator's, ready by /readyz every second. */
export async function plain(namespace: string, name: string, size: number, shape: Shape): Promise<object[]> {
  const spec: AcceptedSpec = acceptedSpec({ ...shape, size, probes: { strategy: 'Readyz' } });
  const owner = { name, namespace, uid: '' };
  const desired = { owner, spec };
  const identity = { incarnation: '00000000' };
  const ordinals = Array.from({ length: size }, (_, ordinal) => ordinal);
  const initialCluster = ordinals.map((ordinal) => peerOf(desired, ordinal));
  const files = ordinals.map((ordinal) =>
    memberFile(desired, identity, { ordinal, birth: 1, state: 'joining', bornAt: 0 }, { kind: 'new', initialCluster }),
  );
  const meta = { name: names.members(name), namespace };
  const data = Object.fromEntries(files.map(({ pod, text }) => [`${pod}.yaml`, text]));
  const objects = [
    ...(await secrets(namespace, name, spec)),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data },
    peerService(owner),
    statefulSet({ ...desired, incarnation: identity.incarnation, replicas: size }),
  ];
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [] } }));
}

async function secrets(namespace: string, name: string, spec: AcceptedSpec): Promise<{ metadata: object }[]> {
  const validityMs = dayMs;
  const authorities = {
    peer: await createAuthority({ commonName: 'peer', validityMs }, environment),
    client: await createAuthority({ commonName: 'client', validityMs }, environment),
  } satisfies Record<AuthorityName, unknown>;
  const wanted = certificateSecrets({ namespace, name }, spec).filter(({ content }) => content.kind === 'leaves');
  return Promise.all(
    wanted.map(async ({ name: secret, type, content }) => {
      const stringData: Record<string, string> = {};
      for (const leaf of content.kind === 'leaves' ? content.leaves : []) {
        const authority = authorities[leaf.authority];
        const { certificate, key } = await issueLeaf({ ...leaf, authority, validityMs }, environment);
        Object.assign(stringData, {
          [leaf.files.certificate]: certificate,
          [leaf.files.key]: key,
          [leaf.files.ca]: authority.certificate,
        });
      }
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, type, stringData };
    }),
  );
}
