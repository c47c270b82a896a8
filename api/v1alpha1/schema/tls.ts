import { dnsName, duration, list, object, oneOf, text, type Schema } from '../../schema.js';

const source = (side: string): Schema =>
  oneOf(
    `Operator: the operator keeps an authority of this cluster's own for ${side} and issues and renews every certificate from it. ` +
      'The authority itself is valid for ten years and is not renewed in this version; in its last year CertificatesReady has the reason AuthorityEnding. ' +
      'Disabled: plain text, for tests only; warned about. Cannot be changed on an existing cluster in this version.',
    ['Operator', 'Disabled'],
    { title: 'TLSSource', default: 'Operator' },
  );

const operator = object(
  'How certificates of source Operator are issued. May be changed at any time; it counts from the next renewal.',
  {
    duration: duration(
      'Life of a certificate, as a Go duration of whole units: "2160h". Between 1m and 43800h (5 years).',
      { 'x-derived': '2160h' },
    ),
    renewBefore: duration(
      'How long before its end a certificate is renewed. At least 1s and less than duration. Members take a renewed certificate without a restart.',
      { 'x-derived': '720h, or a third of duration when that is less' },
    ),
  },
  { title: 'OperatorIssuing', 'x-derived-when': 'with source Operator' },
);

const extraSANs = object(
  'Further names under which applications reach the cluster, added to the certificates of the client listener. The names of members ' +
    'and Services are always in it. A change is taken at the next renewal of the certificate, which follows at once.',
  {
    dnsNames: list('DNS names; a leading "*." is allowed.', 32, dnsName('A DNS name.', 253, { before: '([*][.])?' }), {
      'x-kubernetes-list-type': 'set',
    }),
    ipAddresses: list(
      'IPv4 or IPv6 addresses.',
      32,
      text('An IP address.', 45, { minLength: 2, pattern: '^[0-9a-fA-F:.]+$' }),
      { 'x-kubernetes-list-type': 'set' },
    ),
  },
  { title: 'ExtraSANs' },
);

export const tls = object(
  'Encryption and authentication between applications and members (client) and among members (peer). The two have authorities of ' +
    'their own: a client certificate is never accepted on the peer port, nor the other way round.',
  {
    client: object(
      'The client port, 2379. With source Operator the Secret NAME-client holds what an application needs: tls.crt, tls.key, ca.crt.',
      { source: source('clients'), operator, extraSANs },
      { title: 'ClientTLS', default: {} },
    ),
    peer: object('The peer port, 2380.', { source: source('peers'), operator }, { title: 'PeerTLS', default: {} }),
  },
  { title: 'TLSSpec', default: {} },
);
