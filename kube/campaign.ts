import { createCandidate } from './candidate.js';
import { createFence } from './fence.js';
import type { LeaderElector, LeaderElectorOptions } from './leader-elector.js';

type Periods = Record<'leaseDurationMs' | 'renewDeadlineMs' | 'retryPeriodMs', number>;

/** One way from candidate to leader to neither. */
export type Campaign = LeaderElector;

export function createCampaign(options: LeaderElectorOptions & Periods): Campaign {
  const { clock, random, renewDeadlineMs, retryPeriodMs } = options;
  const deadlineMs = Math.max(retryPeriodMs, renewDeadlineMs / 2);
  const tell = (error: unknown): void => options.onFailure?.(error);
  const candidate = createCandidate({ ...options, onHolder: (identity) => options.onNewLeader?.(identity) });
  const fence = createFence(clock, renewDeadlineMs);
  let isLeading = false;

  async function claim(signal?: AbortSignal): Promise<'ours' | 'others' | 'unknown'> {
    const settle = fence.prepare();
    const outcome = await candidate.claim({ deadlineMs, signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) tell(error);
      return 'unknown' as const;
    });
    settle(outcome === 'ours');
    return outcome;
  }

  const pause = (signal: AbortSignal): Promise<void> =>
    clock.sleep(retryPeriodMs * (1 + random.fraction() / 5), signal);

  async function acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      // Not cut short by the signal: that could leave a lease behind with nobody to release it.
      if ((await claim()) === 'ours') return true;
      await pause(signal);
    }
    return false;
  }

  /** Until the leader's work is over or the lease is lost. */
  async function renew(workOver: AbortSignal): Promise<'over' | 'lost'> {
    const wake = AbortSignal.any([workOver, fence.closed]);
    for (;;) {
      await pause(wake);
      // This first: work that ended because the lease was lost has not given it back.
      if (fence.closed.aborted) return 'lost';
      if (workOver.aborted) return 'over';
      if ((await claim(fence.closed)) === 'others') return 'lost';
    }
  }

  async function lead(signal: AbortSignal): Promise<'released' | 'lost'> {
    const ending = new AbortController();
    const workOver = new AbortController();
    const term = AbortSignal.any([signal, ending.signal, fence.closed]);
    isLeading = true;
    const work = Promise.resolve()
      .then(() => options.onStartedLeading(term))
      .finally(() => workOver.abort());
    work.catch(() => undefined); // awaited below
    const outcome = await renew(workOver.signal);
    isLeading = false;
    ending.abort();
    options.onStoppedLeading?.();
    if (outcome === 'lost') {
      // What was sent before may still be answered, and its outcome is to be logged. Nothing more is sent.
      const waited = new AbortController();
      await Promise.race([work.catch(tell), clock.sleep(deadlineMs, waited.signal)]);
      waited.abort();
      return 'lost';
    }
    await release();
    await work;
    return 'released';
  }

  const release = (): Promise<void> => candidate.release(deadlineMs).catch(tell);

  return {
    isLeader: () => isLeading && fence.isOpen(),
    async run(signal) {
      try {
        if (!(await acquire(signal))) return 'released';
        if (!signal.aborted) return await lead(signal);
        await release();
        return 'released';
      } finally {
        fence.dispose();
        candidate.close();
      }
    },
  };
}
