/** Certificates: made once, renewed for ever, whatever else is in the way. */
import { lostAuthorities, type CertificateState } from '../certificates-view.js';
import { isBorn } from '../situation.js';
import { act, stallOf, type Decision, type Policy } from '../step.js';
import type { ClusterView } from '../view.js';

/** Before the pods that mount them. Without an identity there is nothing to make them for. */
export const certificates: Policy = {
  name: 'certificates',
  decide: (view) => (view.identity ? issue(view, ({ problem }) => problem !== undefined) : undefined),
};

/**
 * What is done all the same where a policy forbids action, for a pause or a foreign object may last for months and must not become an
 * outage by the calendar.
 */
export function renewalOr(view: ClusterView, decision: Decision): Decision {
  const isDue = ({ problem, renewAt = Infinity }: CertificateState): boolean =>
    problem === 'RenewalDue' || (problem === 'Unfit' && renewAt <= view.now);
  const renewal = issue(view, isDue);
  if (renewal?.kind !== 'act') return decision;
  const stalled = stallOf(decision);
  return stalled ? { ...renewal, stalled } : renewal;
}

function issue(view: ClusterView, isWanted: (certificate: CertificateState) => boolean): Decision | undefined {
  const bad = view.certificates.filter(isWanted);
  const lost = lostAuthorities(view.certificates, isBorn(view)).flatMap(({ secret: { content } }) =>
    content.kind === 'authority' ? [content.authority] : [],
  );
  // What a lost authority signed waits for a person; what the other one signs does not.
  const able = bad.filter(({ secret: { content } }) =>
    content.kind === 'authority'
      ? !lost.includes(content.authority)
      : content.leaves.every(({ authority }) => !lost.includes(authority)),
  );
  // Authorities first: a leaf is signed in a later pass, by what was read back.
  const authority = able.find(({ secret }) => secret.content.kind === 'authority');
  const now = able.filter(({ secret }) => authority === undefined || secret.content.kind === 'authority');
  if (now.length === 0) return undefined;
  const list = now.map(({ secret, problem }) => `${secret.name} (${problem ?? ''})`).join(', ');
  const isRenewal = now.every(({ problem }) => problem === 'RenewalDue');
  return act(
    list,
    now.map((certificate) => ({ do: 'issue' as const, certificate })),
    {
      event: {
        type: 'Normal',
        reason: isRenewal ? 'CertificatesRenewed' : 'CertificatesIssued',
        note: `${isRenewal ? 'renewed' : 'issued'} ${now.map(named).join(', ')}`,
      },
    },
  );
}

const named = ({ secret, detail }: CertificateState): string =>
  detail === undefined ? secret.name : `${secret.name} (${detail})`;
