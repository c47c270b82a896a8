import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { open, realpath } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Where a server's certificate, its key and (for servers that ask who calls) the callers' authority stand. */
export interface SourceFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

export interface SourceTexts {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
  /** Tells one set of contents from another. */
  readonly digest: string;
}

/** A pair that was found fit to serve with. */
export interface ServingCertificate extends SourceTexts {
  /** Milliseconds since the Unix epoch. */
  readonly notAfter: number;
  readonly serial: string;
}

export type Judged =
  { readonly fit: true; readonly certificate: ServingCertificate } | { readonly fit: false; readonly problem: string };

const maxFileBytes = 1024 * 1024;
const attempts = 3;

/**
 * Reads all files as one set. A mounted Secret is swapped as a whole by a symlink (`..data`): a certificate read before
 * the swap and a key read after it would be a mismatched pair that never existed, so the set is read again when any of
 * the real paths has changed meanwhile.
 */
export async function readSource(files: SourceFiles): Promise<SourceTexts> {
  const paths = [files.cert, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
  for (let attempt = 1; ; attempt++) {
    const before = await realPaths(paths);
    const [cert = '', key = '', clientCa] = await Promise.all(before.map(readBounded));
    const after = await realPaths(paths);
    if (attempt === attempts || before.every((path, index) => path === after[index])) {
      return { cert, key, clientCa, digest: digest([cert, key, clientCa ?? '']) };
    }
  }
}

/**
 * Whether a server can serve with this set. Node itself is no judge: `setSecureContext` takes an empty key, and a key of
 * another type than the certificate's, without a word, and from then on every handshake fails.
 */
export function judgeSource(texts: SourceTexts, now: number): Judged {
  try {
    const certificate = new X509Certificate(texts.cert);
    const notAfter = Date.parse(certificate.validTo);
    if (!certificate.checkPrivateKey(createPrivateKey(texts.key))) return unfit('the key is not the certificate’s');
    const problem = lifeProblem(certificate, now) ?? keyProblem(certificate.publicKey) ?? purposeProblem(certificate);
    if (problem !== undefined) return unfit(problem);
    if (texts.clientCa !== undefined && !hasOnlyCertificates(texts.clientCa)) {
      return unfit('the client authority holds no readable certificate');
    }
    createSecureContext({ cert: texts.cert, key: texts.key, ca: texts.clientCa });
    return { fit: true, certificate: { ...texts, notAfter, serial: certificate.serialNumber } };
  } catch (error) {
    return unfit(error instanceof Error ? error.message : 'not readable');
  }
}

function lifeProblem({ validFrom, validTo }: X509Certificate, now: number): string | undefined {
  const [begin, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (end <= now) return `the certificate expired at ${new Date(end).toISOString()}`;
  return begin > now ? `the certificate is not valid before ${new Date(begin).toISOString()}` : undefined;
}

/** The curves that Go's TLS knows. OpenSSL has many more, and takes their keys without a word. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function keyProblem({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { namedCurve = 'without a name' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType !== 'ec' || curves.includes(namedCurve)) return undefined;
  return `the key is on the curve ${namedCurve}; callers know ${curves.join(', ')}`;
}

const serverAuth = '1.3.6.1.5.5.7.3.1';

/** What Go's TLS clients refuse: they know a server by its SANs alone, and heed what a certificate is for. */
function purposeProblem({ keyUsage, subjectAltName }: X509Certificate): string | undefined {
  // Node gives the extended key usage under this name; absent it is for everything.
  const usages = keyUsage as readonly string[] | undefined;
  if (usages && !usages.includes(serverAuth))
    return 'the certificate is not for servers (extended key usage serverAuth)';
  return subjectAltName ? undefined : 'the certificate names no server (subjectAltName)';
}

function unfit(problem: string): Judged {
  return { fit: false, problem };
}

function hasOnlyCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).publicKey.type === 'public');
}

/** One after the other: where several are missing it must be the same one each time, or the same problem is told twice. */
async function realPaths(paths: readonly string[]): Promise<string[]> {
  const real: string[] = [];
  for (const path of paths) real.push(await realpath(path));
  return real;
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function digest(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('hex');
}
