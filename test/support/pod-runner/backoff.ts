/**
 * When a container may start again, by the kubelet's rule: the first restart at once, then after 10 s, 20 s, … up to 5 minutes since
 * the last end; a container that ran for twice the limit begins anew.
 */
export class Backoff {
  private current = 0;

  constructor(
    private readonly baseMs = 10_000,
    private readonly limitMs = 300_000,
  ) {}

  /** How long to wait now that the container ended after `ranMs`. */
  next(ranMs: number): number {
    if (ranMs > 2 * this.limitMs) this.current = 0;
    const wait = this.current;
    this.current = wait === 0 ? this.baseMs : Math.min(wait * 2, this.limitMs);
    return wait;
  }
}
