import { environment } from '../../../../cmd/environment.js';
import { createAuthority } from '../../../../certs/authority.js';
import { issueLeaf } from '../../../../certs/leaf.js';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Pair {
  /** A leaf for 127.0.0.1 and localhost, fit for servers and callers; `days` of life, negative for one that is over. */
  issue(wish?: { commonName?: string; days?: number }): Promise<Pair>;
}

const day = 24 * 3600 * 1000;

/** A test's own authority; real keys and signatures. */
export async function authority(commonName = 'test authority'): Promise<Authority> {
  const root = await createAuthority({ commonName, validityMs: 365 * day }, shifted(-100 * day));
  return {
    cert: root.certificate,
    key: root.key,
    async issue({ commonName: leafName = 'localhost', days = 30 } = {}) {
      const leaf = await issueLeaf(
        {
          authority: root,
          commonName: leafName,
          dnsNames: ['localhost'],
          ipAddresses: ['127.0.0.1'],
          usages: ['server', 'client'],
          validityMs: (50 + days) * day,
        },
        shifted(-50 * day),
      );
      return { cert: leaf.certificate, key: leaf.key };
    },
  };
}

function shifted(by: number): typeof environment {
  return { ...environment, clock: { ...environment.clock, now: () => environment.clock.now() + by } };
}
