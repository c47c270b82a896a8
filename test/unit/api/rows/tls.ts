import { duplicate, forbidden, invalid, tooMany, unsupported, type Row } from './row.js';

const side = (name: 'client' | 'peer', value: unknown) => ({ size: 1, tls: { [name]: value } });
const source = 'belongs to source Operator; leave it out with source Disabled';
const renew = 'must be at least 1s and less than duration; leave it out for a third of duration';
const plain = (name: string) =>
  `spec.tls.${name}.source: Disabled: whoever reaches the ${name} port reads and writes everything`;

export const tlsRows: readonly Row[] = [
  {
    title: 'a certificate of 2 minutes is allowed',
    spec: side('client', { operator: { duration: '2m' } }),
    causes: [],
  },
  {
    title: 'plain text is allowed and warned about',
    spec: { size: 1, tls: { client: { source: 'Disabled' }, peer: { source: 'Disabled' } } },
    causes: [],
    warnings: [plain('client'), plain('peer')],
  },
  {
    title: 'a source of a later version is refused',
    spec: side('client', { source: 'CertManager' }),
    causes: [
      unsupported('schema', 'spec.tls.client.source', '"CertManager": supported values: "Operator", "Disabled"'),
    ],
  },
  {
    title: 'a source in another case is recognised',
    spec: side('peer', { source: 'operator' }),
    causes: [
      unsupported(
        'schema',
        'spec.tls.peer.source',
        '"operator": supported values: "Operator", "Disabled"; did you mean "Operator"?',
      ),
    ],
  },
  {
    title: 'settings of source Operator are refused without it',
    spec: {
      size: 1,
      tls: {
        client: { source: 'Disabled', operator: { duration: '1h' }, extraSANs: { dnsNames: ['etcd.example.com'] } },
        peer: { source: 'Disabled', operator: {} },
      },
    },
    causes: [
      forbidden('tls-source-exclusive', 'spec.tls.client.extraSANs', source),
      forbidden('tls-source-exclusive', 'spec.tls.client.operator', source),
      forbidden('tls-source-exclusive', 'spec.tls.peer.operator', source),
    ],
    warnings: [plain('client'), plain('peer')],
  },
  {
    title: 'a life below one minute is refused',
    spec: side('peer', { operator: { duration: '59s' } }),
    causes: [
      invalid('tls-duration', 'spec.tls.peer.operator.duration', '"59s": must be between 1m and 43800h; nearest: 1m'),
    ],
  },
  ...['0s', '900ms', '1s'].map((duration): Row => ({
    title: `a life of ${duration} is refused for itself, not for the renewal that was filled in`,
    spec: side('client', { operator: { duration } }),
    causes: [
      invalid(
        'tls-duration',
        'spec.tls.client.operator.duration',
        `"${duration}": must be between 1m and 43800h; nearest: 1m`,
      ),
    ],
  })),
  {
    title: 'a life above five years is refused',
    spec: side('client', { operator: { duration: '43801h' } }),
    causes: [
      invalid(
        'tls-duration',
        'spec.tls.client.operator.duration',
        '"43801h": must be between 1m and 43800h; nearest: 43800h',
      ),
    ],
  },
  {
    title: 'days are no Go duration',
    spec: side('client', { operator: { duration: '90d' } }),
    causes: [
      invalid(
        'schema',
        'spec.tls.client.operator.duration',
        '"90d": must be a duration of at most two whole units h, m, s, ms, for example "1h30m"',
      ),
    ],
  },
  {
    title: 'renewal before issuing is refused',
    spec: side('client', { operator: { duration: '1h', renewBefore: '1h' } }),
    causes: [invalid('tls-renew-before', 'spec.tls.client.operator.renewBefore', `"1h": ${renew}`)],
  },
  {
    title: 'renewal at the very end is refused',
    spec: side('peer', { operator: { duration: '1h', renewBefore: '999ms' } }),
    causes: [invalid('tls-renew-before', 'spec.tls.peer.operator.renewBefore', `"999ms": ${renew}`)],
  },
  {
    title: 'who shortens the life need not know the renewal that was filled in',
    needsDefaulting: true,
    old: { size: 1, tls: { client: { operator: { duration: '2160h', renewBefore: '720h' } } } },
    spec: side('client', { operator: { duration: '2m', renewBefore: '720h' } }),
    causes: [],
  },
  {
    title: 'lives may be changed at any time',
    old: side('peer', { operator: { duration: '100h', renewBefore: '10h' } }),
    spec: side('peer', { operator: { duration: '200h', renewBefore: '20h' } }),
    causes: [],
  },
  {
    title: 'TLS is not switched off on an existing cluster',
    old: side('client', { source: 'Operator' }),
    spec: side('client', { source: 'Disabled' }),
    causes: [
      forbidden(
        'tls-source-unchanged',
        'spec.tls.client.source',
        'cannot be changed on an existing cluster in this version of Quorate; keep "Operator"',
      ),
    ],
    warnings: [plain('client')],
  },
  {
    title: 'a part of an extra name has at most 63 characters',
    spec: side('client', { extraSANs: { dnsNames: ['*.a.example', `${'a'.repeat(100)}.example`] } }),
    causes: [
      invalid(
        'schema',
        'spec.tls.client.extraSANs.dnsNames[1]',
        `"${'a'.repeat(63)}…": must be a DNS name in lower case, each part of at most 63 characters`,
      ),
    ],
  },
  {
    title: 'an extra address is an address',
    spec: side('client', { extraSANs: { ipAddresses: ['10.0.0.1', '10.0.0.300', 'fd00::1'] } }),
    causes: [
      invalid(
        'tls-san-address',
        'spec.tls.client.extraSANs.ipAddresses[1]',
        '"10.0.0.300": must be an IP address, for example 10.9.8.7 or fd00::9',
      ),
    ],
  },
  {
    title: 'extra names are counted',
    spec: side('client', {
      extraSANs: { dnsNames: Array.from({ length: 33 }, (_, index) => `h${index}.example.com`) },
    }),
    causes: [tooMany('schema', 'spec.tls.client.extraSANs.dnsNames', '33: must have at most 32 items')],
  },
  {
    title: 'an extra name is given once',
    spec: side('client', { extraSANs: { dnsNames: ['a.example', 'b.example', 'a.example'] } }),
    causes: [duplicate('schema', 'spec.tls.client.extraSANs.dnsNames[2]', '"a.example"')],
  },
  {
    title: 'a life above five years from before the rule does not block edits of the other side',
    old: { size: 1, tls: { client: { operator: { duration: '50000h', renewBefore: '20h' } } } },
    spec: {
      size: 1,
      tls: {
        client: { operator: { duration: '50000h', renewBefore: '20h' } },
        peer: { operator: { duration: '100h' } },
      },
    },
    causes: [],
  },
  {
    title: 'a renewal before issuing from before the rule does not block edits of the other side',
    old: { size: 1, tls: { client: { operator: { duration: '10h', renewBefore: '20h' } } } },
    spec: {
      size: 1,
      tls: { client: { operator: { duration: '10h', renewBefore: '20h' } }, peer: { operator: { duration: '100h' } } },
    },
    causes: [],
  },
  {
    title: 'settings without their source from before the rule do not block edits of the other side',
    old: { size: 1, tls: { client: { source: 'Disabled', extraSANs: { dnsNames: ['a'] } } } },
    spec: {
      size: 1,
      tls: {
        client: { source: 'Disabled', extraSANs: { dnsNames: ['a'] } },
        peer: { operator: { duration: '100h', renewBefore: '10h' } },
      },
    },
    causes: [],
  },
];
