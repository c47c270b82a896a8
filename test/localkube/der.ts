// Just enough DER to write X.509 certificates (RFC 5280): Node signs, but makes no certificates, and a test cluster should
// not lean on the library that the product makes its own with.
import { createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), body]);
  const bytes = Buffer.from(size.toString(16).padStart(size > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => element(0x31, ...parts);
const octets = (body: Buffer): Buffer => element(0x04, body);
const bits = (body: Buffer, unused = 0): Buffer => element(0x03, Buffer.from([unused]), body);
const text = (value: string): Buffer => element(0x0c, Buffer.from(value));
const boolean = (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0]));
const tagged = (number: number, ...parts: readonly Buffer[]): Buffer => element(0xa0 | number, ...parts);

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

// RFC 5280 4.1.2.5: UTCTime through 2049. Nothing here lives longer.
const time = (date: Date): Buffer =>
  element(0x17, Buffer.from(date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, '').slice(2)));

export interface Subject {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

function name(subject: Subject): Buffer {
  const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), text(value)));
  const organization = subject.organization === undefined ? [] : [attribute('2.5.4.10', subject.organization)];
  return sequence(...organization, attribute('2.5.4.3', subject.commonName));
}

export interface Issuer {
  readonly subject: Subject;
  readonly privateKey: KeyObject;
}

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  /** Absent: the certificate is an authority and signs itself with its issuer's key. */
  readonly leaf?: { readonly dns: readonly string[]; readonly addresses: readonly string[] };
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function keyId(key: KeyObject): Buffer {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki).digest();
}

function extensions(request: CertificateRequest, issuer: Issuer): Buffer {
  const { leaf } = request;
  const common = [
    extension('2.5.29.14', false, octets(keyId(request.publicKey))),
    extension('2.5.29.35', false, sequence(element(0x80, keyId(issuer.privateKey)))),
  ];
  if (leaf === undefined) {
    const keyUsage = bits(Buffer.from([0b00000110]), 1); // keyCertSign, cRLSign
    return sequence(
      extension('2.5.29.19', true, sequence(boolean(true))),
      extension('2.5.29.15', true, keyUsage),
      ...common,
    );
  }
  const names = [
    ...leaf.dns.map((value) => element(0x82, Buffer.from(value))),
    ...leaf.addresses.map((value) => element(0x87, Buffer.from(value.split('.').map(Number)))),
  ];
  return sequence(
    extension('2.5.29.15', true, bits(Buffer.from([0b10000000]), 7)), // digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))), // server and client
    ...common,
    ...(names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names))]),
  );
}

/** An X.509 certificate as PEM, signed with ECDSA over SHA-256 by the issuer's P-256 key. */
export function certificate(request: CertificateRequest, issuer: Issuer): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const body = sequence(
    tagged(0, element(0x02, Buffer.from([2]))),
    element(0x02, serial),
    algorithm,
    name(issuer.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, extensions(request, issuer)),
  );
  const signed = sequence(body, algorithm, bits(sign('sha256', body, issuer.privateKey)));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
