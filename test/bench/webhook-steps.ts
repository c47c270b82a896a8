/** What is done with a review, from the least that any webhook does to all that ours does but its server: each step holds those before it. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { environment } from '../../cmd/environment.js';
import { openLog } from '../../cmd/log.js';
import { admit, type Webhook } from '../../webhook/admission.js';
import { answerTo } from '../../webhook/answer.js';
import { parseJson } from '../../webhook/json.js';
import { etcdClusters } from '../../webhook/kinds.js';
import { createMetrics } from '../../webhook/metrics.js';
import { createRecorder } from '../../webhook/recorder.js';
import { readReview } from '../../webhook/review.js';

export type Answer = (body: Buffer, webhook: Webhook) => string;

/** Each made once by name, in the process that answers with it. */
export const steps = {
  /** The baseline: parses, allows. */
  bare: () => (body) => allowed(JSON.parse(body.toString('utf8')) as Review),
  /** What a webhook of a library and the CRD's own schema does: defaults, validation, a patch. */
  validating: () => {
    const check = schemaCheck();
    return (body) => {
      const review = JSON.parse(body.toString('utf8')) as Review;
      return allowed(review, check(review));
    };
  },
  /** Ours, from here on: parses text that anyone may have sent. */
  guarded: () => (body) => allowed(guarded(body)),
  judging: () => (body, webhook) => judged(body, webhook).text,
  recording: () => {
    const recorder = createRecorder(openLog('webhook', 'info', environment).log, createMetrics('bench'));
    return (body, webhook) => {
      const { text, ...rest } = judged(body, webhook);
      recorder.reviewed(webhook, { status: 200, text, close: false, ...rest }, 0.5);
      return text;
    };
  },
} as const satisfies Readonly<Record<string, () => Answer>>;

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly spec?: unknown } | null };
}

const allowed = ({ request: { uid } }: Review, more: object = { allowed: true }): string =>
  JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...more } });

function guarded(body: Buffer): Review {
  const parsed = parseJson(body);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value as Review;
}

function judged(body: Buffer, webhook: Webhook) {
  const read = readReview(guarded(body));
  if (!read.ok) throw new Error(read.problem);
  const { request } = read;
  const decision = admit(webhook, request, etcdClusters, Date.now());
  return { request, decision, text: answerTo(request, decision, etcdClusters) };
}

function schemaCheck(): (review: Review) => object {
  const crd = parse(readFileSync('config/crd/quorate.dev_etcdclusters.yaml', 'utf8')) as Crd;
  const { spec } = crd.spec.versions[0].schema.openAPIV3Schema.properties;
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true, useDefaults: true }).compile(spec);
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
