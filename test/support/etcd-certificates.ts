import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueLeaf, type KeyPair, type Usage } from '../../certs/index.js';
import { environment } from '../../cmd/environment.js';
import type { ClientCertificate, TLSPaths } from '../../etcd/index.js';

const validityMs = 24 * 3_600_000;

/** What a bed's members and the tests against them present. The two authorities know nothing of each other. */
export interface BedCertificates {
  readonly clientPaths: TLSPaths;
  readonly peerPaths: TLSPaths;
  /** The operator's own, for the client port and the peer port. Neither leaf carries any SAN. */
  readonly client: ClientCertificate;
  readonly peer: ClientCertificate;
  /** From an authority that no member trusts; it trusts the members' certificates. */
  readonly foreignClient: ClientCertificate;
  readonly foreignPeer: ClientCertificate;
}

export interface Named {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Issues everything for members of these names, as the product does, and writes what members read into the folder. */
export async function issueCertificates(folder: string, members: Named): Promise<BedCertificates> {
  const [client, peer, foreign] = await Promise.all(
    ['client-ca', 'peer-ca', 'foreign-ca'].map((commonName) =>
      createAuthority({ commonName, validityMs }, environment),
    ),
  );
  if (!client || !peer || !foreign) throw new Error('no authorities');
  const nobody: Named = { dnsNames: [], ipAddresses: [] };
  const leaf = (authority: KeyPair, commonName: string, named: Named, usages: readonly Usage[]) =>
    issueLeaf({ authority, commonName, ...named, usages, validityMs }, environment);
  const [server, peerLeaf, operator, operatorPeer, stranger] = await Promise.all([
    leaf(client, 'server', members, ['server', 'client']),
    leaf(peer, 'peer', members, ['server', 'client']),
    leaf(client, 'operator', nobody, ['client']),
    leaf(peer, 'operator', nobody, ['client']),
    leaf(foreign, 'stranger', nobody, ['client']),
  ]);
  return {
    clientPaths: await written(join(folder, 'client'), presented(server, client)),
    peerPaths: await written(join(folder, 'peer'), presented(peerLeaf, peer)),
    client: presented(operator, client),
    peer: presented(operatorPeer, peer),
    foreignClient: presented(stranger, client),
    foreignPeer: presented(stranger, peer),
  };
}

function presented(own: KeyPair, trusted: KeyPair): ClientCertificate {
  return { ca: trusted.certificate, certificate: own.certificate, key: own.key };
}

async function written(folder: string, { ca, certificate, key }: ClientCertificate): Promise<TLSPaths> {
  await mkdir(folder, { recursive: true });
  const paths = { ca: join(folder, 'ca.crt'), certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await Promise.all([
    writeFile(paths.ca, ca),
    writeFile(paths.certificate, certificate),
    writeFile(paths.key, key, { mode: 0o600 }),
  ]);
  return paths;
}
