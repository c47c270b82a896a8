import { expect } from 'chai';
import type { Cause } from '../../../api/judgement.js';
import type { Decision } from '../../../webhook/admission.js';
import { answerTo } from '../../../webhook/answer.js';
import { readReview, type AdmissionRequest } from '../../../webhook/review.js';
import { review, sizeCause, testKind, versionCause } from './support/reviews.js';

const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';
const answer = (decision: Decision): unknown => JSON.parse(answerTo(request(), decision, testKind));
const whole = (response: object): object => ({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });

function request(): AdmissionRequest {
  const read = readReview(review());
  if (!read.ok) throw new Error(read.problem);
  return read.request;
}

describe('webhook: the answer to a review', () => {
  it('lets through without a word', () => {
    expect(answer({ type: 'passed', because: 'deleting' })).to.deep.equal(whole({ uid, allowed: true }));
    expect(answer({ type: 'allowed', patch: [], warnings: [] })).to.deep.equal(whole({ uid, allowed: true }));
  });

  it('carries the patch in base64', () => {
    const patch = [{ op: 'add', path: '/spec/version', value: '3.6.16' }] as const;
    expect(answer({ type: 'allowed', patch, warnings: [] })).to.deep.equal(
      whole({
        uid,
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
    );
  });

  it('tells one cause in the message, and once more by field', () => {
    expect(answer({ type: 'denied', causes: [sizeCause] })).to.deep.equal(
      whole({
        uid,
        allowed: false,
        status: {
          status: 'Failure',
          code: 422,
          reason: 'Invalid',
          message:
            'EtcdCluster.quorate.dev "orders" is invalid: spec.size: Invalid value: 4: must be one of 0, 1, 3, 5, 7; nearest: 3 (rule size-odd)',
          details: {
            group: 'quorate.dev',
            kind: 'EtcdCluster',
            name: 'orders',
            causes: [
              {
                reason: 'FieldValueInvalid',
                message: 'Invalid value: 4: must be one of 0, 1, 3, 5, 7; nearest: 3 (rule size-odd)',
                field: 'spec.size',
              },
            ],
          },
        },
      }),
    );
  });

  it('tells all causes in the message, as the API server words several', () => {
    const { response } = answer({ type: 'denied', causes: [sizeCause, versionCause] }) as {
      response: { status: { message: string; details: { causes: { field: string }[] } } };
    };
    expect(response.status.message).to.equal(
      'EtcdCluster.quorate.dev "orders" is invalid: [' +
        'spec.size: Invalid value: 4: must be one of 0, 1, 3, 5, 7; nearest: 3 (rule size-odd), ' +
        'spec.version: Unsupported value: "9.9.9": must be a known minor; nearest: 3.6.16 (rule version-known)]',
    );
    expect(response.status.details.causes.map((cause) => cause.field)).to.deep.equal(['spec.size', 'spec.version']);
  });

  it('bounds a flood of causes, and says how many were left out', () => {
    const causes = Array.from({ length: 5000 }, (_, index): Cause => ({ ...sizeCause, field: `spec.x[${index}]` }));
    const text = answerTo(request(), { type: 'denied', causes }, testKind);
    expect(text.length).to.be.lessThan(50_000);
    expect(text).to.contain('and 4900 more');
  });

  it('makes printable and bounds what a caller wrote into causes and name', () => {
    const evil = 'a\u001b[31m\u202e\n';
    const cause: Cause = {
      ...sizeCause,
      field: `spec.x[${evil}${'x'.repeat(3e6)}]`,
      message: `${evil}${'y'.repeat(3e6)}`,
    };
    const read = readReview(review({ name: `${evil}${'z'.repeat(3e6)}` }));
    if (!read.ok) throw new Error(read.problem);
    const text = answerTo(read.request, { type: 'denied', causes: [cause] }, testKind);
    const { status } = (
      JSON.parse(text) as {
        response: {
          status: { message: string; details: { name: string; causes: { field: string; message: string }[] } };
        };
      }
    ).response;
    const told = [status.message, status.details.name, ...status.details.causes.flatMap((each) => Object.values(each))];
    for (const each of told) expect(each).to.not.match(/[\u0000-\u001f\u202e]/);
    expect(status.details.name).to.have.lengthOf(253);
    expect(status.details.causes[0]?.field).to.have.lengthOf(512);
    expect(status.details.causes[0]?.message).to.have.lengthOf(1024);
    expect(text.length).to.be.below(10_000);
  });

  it('keeps a warning to 120 characters on one line', () => {
    const { response } = answer({ type: 'allowed', patch: [], warnings: [`two\nlines ${'é'.repeat(200)}`] }) as {
      response: { warnings: string[] };
    };
    expect(response.warnings).to.deep.equal([`two\ufffdlines ${'é'.repeat(109)}…`]);
    expect(response.warnings[0]).to.have.lengthOf(120);
  });

  it('says what is wrong with a review that the route cannot answer', () => {
    expect(answer({ type: 'mistaken', problem: 'object is required for CREATE' })).to.deep.equal(
      whole({
        uid,
        allowed: false,
        status: { status: 'Failure', code: 400, reason: 'BadRequest', message: 'object is required for CREATE' },
      }),
    );
  });
});
