import type { Clock, Random } from '../api/environment.js';
import { createCampaign, type Campaign } from './campaign.js';
import type { ApiClient } from './client.js';

export interface LeaderElectorOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Of this process, unique: pod name and a random part. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  /** 15 s: others may take over when the record did not change for so long. */
  readonly leaseDurationMs?: number | undefined;
  /** 10 s: we stop when no renewal succeeded for so long. */
  readonly renewDeadlineMs?: number | undefined;
  /** 2 s */
  readonly retryPeriodMs?: number | undefined;
  /** The work of a leader: until the signal aborts. The Lease is renewed until its promise settles, and only then released. */
  readonly onStartedLeading: (signal: AbortSignal) => Promise<void>;
  readonly onStoppedLeading?: (() => void) | undefined;
  readonly onNewLeader?: ((identity: string) => void) | undefined;
  /** A try to acquire or renew failed. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

export interface LeaderElector {
  /**
   * Campaigns, leads once, and resolves when that is over: 'released' after a clean stop by the signal or by the work's own end,
   * 'lost' when the Lease could not be renewed in time (a process had better exit then).
   */
  run(signal: AbortSignal): Promise<'released' | 'lost'>;
  /** The fence before every effect: false as soon as the renew deadline passed without a renewal, whatever timers did. */
  isLeader(): boolean;
}

export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
  if (!(retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs)) {
    throw new RangeError('retryPeriodMs < renewDeadlineMs < leaseDurationMs must hold');
  }
  let campaign: Campaign | undefined;
  return {
    isLeader: () => campaign?.isLeader() ?? false,
    run(signal) {
      campaign = createCampaign({ ...options, leaseDurationMs, renewDeadlineMs, retryPeriodMs });
      return campaign.run(signal);
    },
  };
}
