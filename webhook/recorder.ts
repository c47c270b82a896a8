import type { Logger } from 'pino';
import type { Decision, Webhook } from './admission.js';
import type { Metrics } from './metrics.js';
import { printable } from './printable.js';
import type { Reply } from './review-handler.js';
import type { AdmissionRequest } from './review.js';

/** Tells the log and the metrics about each request: one line, no contents of objects. */
export interface Recorder {
  reviewed(webhook: Webhook, reply: Reply, milliseconds: number): void;
  /** A request that reached no webhook. */
  unrouted(method: string, code: number): void;
}

const maxShown = 253;
// A denial of ten thousand causes has few rules, but nothing guarantees it.
const maxRules = 50;

export function createRecorder(log: Logger, metrics: Metrics): Recorder {
  return {
    reviewed(webhook, reply, milliseconds) {
      const { request, decision, problem, error } = reply;
      const outcome = outcomeOf(decision);
      const rules = rulesOf(decision);
      metrics.observe({ webhook, operation: request?.operation ?? '', outcome, milliseconds, rules });
      const line = {
        webhook,
        ...(request && subjectOf(request)),
        allowed: outcome === 'allowed',
        ...(decision?.type === 'passed' && { passed: decision.because }),
        ...(rules.length > 0 && { rules: [...new Set(rules)].slice(0, maxRules) }),
        ...(problem !== undefined && { problem: printable(problem, maxShown), status: reply.status }),
        ms: Math.round(milliseconds * 1000) / 1000,
      };
      if (error !== undefined) log.error({ ...line, err: error }, 'review failed');
      else if (outcome === 'error') log.warn(line, 'review not answerable');
      else log.info(line, 'review');
    },
    unrouted: (method, code) => log.warn({ method: printable(method, 16), status: code }, 'no such route'),
  };
}

function subjectOf(request: AdmissionRequest): object {
  const { uid, operation, resource, subResource, namespace, name, user } = request;
  return {
    uid: printable(uid, maxShown),
    operation,
    resource: printable(subResource === '' ? resource.resource : `${resource.resource}/${subResource}`, maxShown),
    object: printable(`${namespace}/${name}`, maxShown * 2),
    user: printable(user, maxShown),
  };
}

function outcomeOf(decision: Decision | undefined): 'allowed' | 'denied' | 'error' {
  switch (decision?.type) {
    case 'passed':
    case 'allowed':
      return 'allowed';
    case 'denied':
      return 'denied';
    case 'mistaken':
    case undefined:
      return 'error';
  }
}

function rulesOf(decision: Decision | undefined): string[] {
  return decision?.type === 'denied' ? decision.causes.map((cause) => cause.rule) : [];
}
