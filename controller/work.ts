/** One pass over the cluster of a key, and when the next one is due: the only place where what a pass throws is caught. */
import { isNamespaceTerminating, type WorkQueue } from '../kube/index.js';
import { NotLeaderError } from './effects.js';
import type { ClusterRef } from './gather.js';
import { describe, type Logger } from './log.js';
import type { Metrics } from './metrics.js';
import { isOvertaken, type Reconcile } from './reconcile.js';

export interface WorkOptions {
  readonly reconcile: Reconcile;
  readonly queue: Pick<WorkQueue, 'addAfter' | 'addRateLimited'>;
  readonly metrics: Pick<Metrics, 'pass' | 'forget'>;
  readonly log: Logger;
  readonly now: () => number;
}

export function createWork({ reconcile, queue, metrics, log, now }: WorkOptions) {
  return async function work(key: string, signal: AbortSignal): Promise<void> {
    const ref = refOf(key);
    const started = now();
    try {
      const next = await reconcile(ref, signal);
      metrics.pass(ref, 'done', now() - started);
      if (next === undefined) metrics.forget(ref);
      else queue.addAfter(key, next);
    } catch (error) {
      metrics.pass(ref, 'failed', now() - started);
      // Mostly the end; after a jump of the clock the next renewal opens the fence again.
      if (error instanceof NotLeaderError) return queue.addAfter(key, 1_000);
      const fields = { cluster: key, error: describe(error) };
      if (isOvertaken(error)) {
        log.info(fields, 'overtaken: looking again');
        queue.addAfter(key, overtakenMs);
        return;
      }
      if (isNamespaceTerminating(error)) {
        log.info(fields, 'the namespace is being deleted: nothing is put back');
        queue.addAfter(key, endingMs);
        return;
      }
      log.warn(fields, 'pass failed');
      queue.addRateLimited(key);
    }
  };
}

/** etcd asks for 5 s of calm among voters before some changes: asked often enough, it costs hardly more than that. */
const overtakenMs = 250;

/** Until the cluster itself is gone with its namespace. */
const endingMs = 30_000;

function refOf(key: string): ClusterRef {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
