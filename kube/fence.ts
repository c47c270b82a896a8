import type { Clock } from '../api/environment.js';

/** How long a leader may believe to be one. Once closed it stays closed. */
export interface Fence {
  /**
   * Before a renewal is sent. The returned function tells how it ended: a success counts from now, not from then, because others count
   * from what the server saw.
   */
  prepare(): (isRenewed: boolean) => void;
  isOpen(): boolean;
  /** Aborts when it closes. */
  readonly closed: AbortSignal;
  /** Ends its timers. */
  dispose(): void;
}

export function createFence(clock: Clock, lastsMs: number): Fence {
  const closing = new AbortController();
  let renewedAt: number | undefined;
  let disarm = (): void => undefined;
  return {
    prepare() {
      const at = clock.now();
      let isArmed = false;
      let hasPassed = false;
      const cancel = clock.after(lastsMs, () => {
        hasPassed = true;
        if (isArmed) closing.abort();
      });
      return (isRenewed) => {
        if (!isRenewed) return cancel();
        disarm();
        disarm = cancel;
        isArmed = true;
        renewedAt = at;
        if (hasPassed) closing.abort();
      };
    },
    // A timer knows nothing of wall clock jumps, but comes late after the event loop was blocked or the process stopped.
    isOpen: () => !closing.signal.aborted && renewedAt !== undefined && clock.now() - renewedAt < lastsMs,
    closed: closing.signal,
    dispose: () => disarm(),
  };
}
