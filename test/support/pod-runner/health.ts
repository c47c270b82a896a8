import { probeOnce, type Target } from './probes.js';
import type { Probe } from './types.js';

export interface Health {
  readonly started: boolean;
  readonly ready: boolean;
}

/**
 * Probes one run of a container until it is stopped: nothing counts before the startup probe succeeded; readiness goes up and down;
 * a failed startup or liveness probe asks for the container's death, once.
 */
export class HealthWatch {
  private state: Health;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isStopped = false;

  constructor(
    private readonly target: Target,
    private readonly changed: (health: Health) => void,
    private readonly condemn: (which: 'Startup' | 'Liveness') => void,
  ) {
    this.state = { started: target.container.startupProbe === undefined, ready: false };
  }

  start(): void {
    const { startupProbe } = this.target.container;
    if (startupProbe === undefined) return this.afterStart();
    let isDone = false;
    this.loop(startupProbe, (isGood) => {
      if (isDone) return;
      isDone = true;
      if (!isGood) return this.condemned('Startup');
      this.state = { started: true, ready: false };
      this.afterStart();
    });
  }

  stop(): void {
    this.isStopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private afterStart(): void {
    const { readinessProbe, livenessProbe } = this.target.container;
    if (readinessProbe === undefined) this.become({ started: true, ready: true });
    else {
      this.changed(this.state);
      this.loop(readinessProbe, (ready) => this.become({ started: true, ready }));
    }
    if (livenessProbe === undefined) return;
    this.loop(livenessProbe, (isGood) => {
      if (!isGood) this.condemned('Liveness');
    });
  }

  private become(next: Health): void {
    if (next.ready === this.state.ready && next.started === this.state.started) return;
    this.state = next;
    this.changed(next);
  }

  private condemned(which: 'Startup' | 'Liveness'): void {
    if (this.isStopped) return;
    this.stop();
    this.condemn(which);
  }

  /** Calls `verdict` whenever a threshold of equal results in a row is reached. */
  private loop(probe: Probe, verdict: (isGood: boolean) => void): void {
    const period = (probe.periodSeconds ?? 10) * 1000;
    let last: boolean | undefined;
    let row = 0;
    const tick = async (): Promise<void> => {
      const began = performance.now();
      const isGood = await probeOnce(probe, this.target);
      if (this.isStopped) return;
      row = isGood === last ? row + 1 : 1;
      last = isGood;
      if (row >= (isGood ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) verdict(isGood);
      this.later(period - (performance.now() - began), tick);
    };
    this.later((probe.initialDelaySeconds ?? 0) * 1000, tick);
  }

  private later(ms: number, run: () => Promise<void>): void {
    if (this.isStopped) return;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        void run();
      },
      Math.max(0, ms),
    );
    this.timers.add(timer);
  }
}
