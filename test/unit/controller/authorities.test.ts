import { expect } from 'chai';
import { acceptedSpec } from '../../../api/index.js';
import { createAuthority } from '../../../certs/index.js';
import { environment } from '../../../cmd/environment.js';
import {
  certificateSecrets,
  endingAuthorities,
  judgeCertificates,
  lostAuthorities,
} from '../../../controller/certificates-view.js';
import type { KubeObject } from '../../../kube/index.js';

const born = Date.parse('2026-11-01T12:00:00Z');
const day = 86_400_000;
const end = born + 3_650 * day;
const wanted = certificateSecrets({ name: 'orders', namespace: 'shop' }, acceptedSpec({ size: 1 })).filter(
  ({ content }) => content.kind === 'authority',
);

interface Row {
  readonly when: string;
  readonly now: number;
  readonly ending: readonly string[];
  readonly lost: readonly string[];
}

const both = ['orders-peer-ca', 'orders-client-ca'];
const over = both.map((name) => `${name}: ended on 2036-10-29T12:00:00.000Z`);

const rows: readonly Row[] = [
  { when: 'it is new', now: born, ending: [], lost: [] },
  { when: 'a year is left', now: end - 365 * day, ending: [], lost: [] },
  { when: 'less than a year is left', now: end - 365 * day + 1, ending: both, lost: [] },
  { when: 'it is in its last moment', now: end - 1, ending: both, lost: [] },
  { when: 'it is over: nothing more is issued from it', now: end, ending: both, lost: over },
];

describe('an authority, which lives ten years and is not renewed', () => {
  const secrets = new Map<string, KubeObject>();
  before(async () => {
    const then = { ...environment, clock: { ...environment.clock, now: () => born } };
    for (const { name, content } of wanted) {
      if (content.kind !== 'authority') continue;
      const { certificate, key } = await createAuthority(content, then);
      const data = { 'tls.crt': btoa(certificate), 'tls.key': btoa(key) };
      secrets.set(name, { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, data });
    }
  });

  for (const { when, now, ending, lost } of rows) {
    it(`when ${when}`, () => {
      const judged = judgeCertificates(wanted, (name) => secrets.get(name), now);
      expect({
        ending: endingAuthorities(judged, now).map(({ secret }) => secret.name),
        lost: lostAuthorities(judged, true).map(({ secret, detail }) => `${secret.name}: ${detail ?? ''}`),
      }).to.deep.equal({ ending, lost });
    });
  }

  it('that is absent is lost once members trust it, and made before', () => {
    const judged = judgeCertificates(wanted, () => undefined, born);
    expect([true, false].map((isBootstrapped) => lostAuthorities(judged, isBootstrapped).length)).to.deep.equal([2, 0]);
  });
});
