import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

// The baselines, on node:https alone: one port, one line when it listens, ends with its parent's signal. With a CRD file the handler also
// fills defaults and validates by the CRD's own schema and answers with a patch; without one it allows whatever parses.
const [certFile = '', keyFile = '', port = '0', crdFile] = process.argv.slice(2);
const check = crdFile === undefined ? undefined : checkOf(crdFile);
const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review;
    const { uid } = review.request;
    const text = JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, ...(check?.(review) ?? { allowed: true }) },
    });
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
      .end(text);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly spec?: unknown } | null };
}

function checkOf(file: string): (review: Review) => object {
  const crd = parse(readFileSync(file, 'utf8')) as Crd;
  const [version] = crd.spec.versions;
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true, useDefaults: true }).compile(
    version.schema.openAPIV3Schema.properties.spec,
  );
  return ({ request: { object } }) => {
    if (object === null) return { allowed: true };
    if (!validate(object.spec)) {
      const message = (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message ?? ''}`).join(', ');
      return { allowed: false, status: { code: 422, reason: 'Invalid', message } };
    }
    const patch = JSON.stringify([{ op: 'replace', path: '/spec', value: object.spec }]);
    return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') };
  };
}

interface Crd {
  readonly spec: {
    readonly versions: readonly [
      { readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: object } } } },
    ];
  };
}
