import { expect } from 'chai';
import { admit, type Decision, type Webhook } from '../../../webhook/admission.js';
import { readReview, type AdmissionRequest } from '../../../webhook/review.js';
import { cluster, protectionCause, review, sizeCause, testKind, versionCause, type Fields } from './support/reviews.js';

function request(fields: Fields): AdmissionRequest {
  const read = readReview(review(fields));
  if (!read.ok) throw new Error(read.problem);
  return read.request;
}

const update = (object: Fields, oldObject: Fields): Fields => ({ operation: 'UPDATE', object, oldObject });
const remove = (oldObject: Fields): Fields => ({ operation: 'DELETE', object: null, oldObject });
const stored = cluster({ size: 3, version: '3.6.16' });
// An object that today's rules would refuse: it was let in by yesterday's.
const bad = { size: 4, version: '9.9.9' };
const deleting = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('webhook: the decision on a review', () => {
  const versionAdded = [{ op: 'add', path: '/spec/version', value: '3.6.16' }] as const;
  const warning = 'spec.size: 3 → 5 adds 2 members; tolerates 2 failures after';
  const rows: { when: string; webhook: Webhook; fields: Fields; decision: Decision }[] = [
    {
      when: 'a good object without its defaults is created',
      webhook: 'mutate',
      fields: { object: cluster({ size: 5 }) },
      decision: { type: 'allowed', patch: versionAdded, warnings: [] },
    },
    {
      when: 'an object with its defaults is created',
      webhook: 'mutate',
      fields: { object: stored },
      decision: { type: 'allowed', patch: [], warnings: [] },
    },
    {
      when: 'two mistakes are sent: both are told at once, already by mutate',
      webhook: 'mutate',
      fields: { object: cluster(bad) },
      decision: { type: 'denied', causes: [sizeCause, versionCause] },
    },
    {
      when: 'the same two mistakes come as far as validate',
      webhook: 'validate',
      fields: { object: cluster(bad) },
      decision: { type: 'denied', causes: [sizeCause, versionCause] },
    },
    {
      when: 'a change is announced by a warning',
      webhook: 'validate',
      fields: update(cluster({ size: 5, version: '3.6.16' }), stored),
      decision: { type: 'allowed', patch: [], warnings: [warning] },
    },
    {
      when: 'a protected object is deleted',
      webhook: 'validate',
      fields: remove(cluster({ size: 3, deletionProtection: 'Enabled' })),
      decision: { type: 'denied', causes: [protectionCause] },
    },
    {
      when: 'an unprotected object is deleted',
      webhook: 'validate',
      fields: remove(stored),
      decision: { type: 'allowed', patch: [], warnings: [] },
    },
    {
      when: 'a protected object that is already being deleted is deleted again',
      webhook: 'validate',
      fields: remove(cluster({ deletionProtection: 'Enabled' }, deleting)),
      decision: { type: 'passed', because: 'deleting' },
    },
    {
      when: 'a deletion reaches mutate',
      webhook: 'mutate',
      fields: remove(stored),
      decision: { type: 'allowed', patch: [], warnings: [] },
    },
    {
      when: 'a bad object that is being deleted loses its finalizer',
      webhook: 'mutate',
      fields: update(cluster(bad, { ...deleting }), cluster(bad, { ...deleting, finalizers: ['quorate.dev/x'] })),
      decision: { type: 'passed', because: 'deleting' },
    },
    {
      when: 'a bad object gets a finalizer, an owner and managed fields',
      webhook: 'mutate',
      fields: update(
        cluster(bad, { finalizers: ['quorate.dev/x'], ownerReferences: [{ uid: 'u' }], managedFields: [{}] }),
        cluster(bad),
      ),
      decision: { type: 'passed', because: 'unchanged' },
    },
    {
      when: 'a bad object gets a status',
      webhook: 'validate',
      fields: update({ ...cluster(bad), status: { phase: 'Running' } }, cluster(bad)),
      decision: { type: 'passed', because: 'unchanged' },
    },
    {
      when: 'an annotation changes',
      webhook: 'validate',
      fields: update(cluster(bad, { annotations: { a: 'b' } }), cluster(bad)),
      decision: { type: 'denied', causes: [sizeCause, versionCause] },
    },
    {
      when: 'the status subresource is written',
      webhook: 'validate',
      fields: { ...update(cluster(bad), cluster(bad)), subResource: 'status' },
      decision: { type: 'passed', because: 'subresource' },
    },
    {
      when: 'the scale subresource is written',
      webhook: 'validate',
      fields: {
        operation: 'UPDATE',
        subResource: 'scale',
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
        object: { apiVersion: 'autoscaling/v1', kind: 'Scale' },
        oldObject: { apiVersion: 'autoscaling/v1', kind: 'Scale' },
      },
      decision: { type: 'passed', because: 'subresource' },
    },
    {
      when: 'the review is about another resource',
      webhook: 'validate',
      fields: { resource: { group: '', version: 'v1', resource: 'pods' } },
      decision: { type: 'mistaken', problem: 'resource must be etcdclusters.v1alpha1.quorate.dev' },
    },
    {
      when: 'the review is about another version',
      webhook: 'mutate',
      fields: { resource: { group: 'quorate.dev', version: 'v1', resource: 'etcdclusters' } },
      decision: { type: 'mistaken', problem: 'resource must be etcdclusters.v1alpha1.quorate.dev' },
    },
    {
      when: 'the kind is another',
      webhook: 'validate',
      fields: { kind: { group: 'quorate.dev', version: 'v1alpha1', kind: 'EtcdBackup' } },
      decision: { type: 'mistaken', problem: 'kind must be EtcdCluster.v1alpha1.quorate.dev' },
    },
    {
      when: 'the object is of another kind than the review says',
      webhook: 'validate',
      fields: { object: { ...cluster(), kind: 'Pod' } },
      decision: { type: 'mistaken', problem: "the object's kind must be EtcdCluster of quorate.dev/v1alpha1" },
    },
    {
      when: 'there is no object',
      webhook: 'mutate',
      fields: { object: [] },
      decision: { type: 'mistaken', problem: 'object is required for CREATE' },
    },
    {
      when: 'an update has no old object',
      webhook: 'mutate',
      fields: { operation: 'UPDATE' },
      decision: { type: 'mistaken', problem: 'oldObject is required for UPDATE' },
    },
    {
      when: 'the operation is one that no cluster has',
      webhook: 'validate',
      fields: { operation: 'CONNECT' },
      decision: { type: 'mistaken', problem: 'operation must be one of CREATE, UPDATE, DELETE' },
    },
  ];
  for (const { when, webhook, fields, decision } of rows) {
    it(`${webhook}, when ${when}`, () => {
      expect(admit(webhook, request(fields), testKind, 0)).to.deep.equal(decision);
    });
  }

  it('gives the rules the time, the operation and the place', () => {
    const seen: unknown[] = [];
    const judge = (...all: unknown[]) => {
      seen.push(...all);
      return { causes: [], warnings: [] };
    };
    admit('validate', request(remove(stored)), { ...testKind, judge }, 42);
    expect(seen).to.deep.equal([null, stored, { now: 42, operation: 'DELETE', place: 'webhook' }]);
  });
});
