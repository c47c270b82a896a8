import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { end, start } from '../support/node-process.js';
import { inside, kubectl, type Place } from '../support/place.js';
import { eventually } from '../support/poll.js';
import { nameOf, type Fault } from './fault.js';

export interface OperatorOptions {
  readonly place: Place & { readonly kubeconfig: string; readonly plan: { readonly controlPlane: string } };
  readonly bundle: string;
  readonly namespace: string;
  /** For the effect log and what the process prints. */
  readonly folder: string;
  /** For its metrics; every operator that runs at the same time needs its own. */
  readonly port: number;
}

const leaseName = 'operator';
const mostDeaths = 5;

/**
 * The operator of one namespace as a process: started with a fault, and without one again when the fault ended it. Its Lease is taken away
 * after a death, because waiting for it to run out would say nothing about effects.
 */
export class Operator {
  /** Ends of the process that were not asked for, in words. */
  readonly deaths: string[] = [];
  private child: ChildProcess | undefined;
  private starting: Promise<void> = Promise.resolve();
  private isEnding = false;
  private giveUp: (reason: Error) => void = () => undefined;
  /** Rejects when the operator does not stay alive: no wait for what it should do can end well. */
  readonly hopeless = new Promise<never>((_, reject) => (this.giveUp = reject));

  constructor(private readonly options: OperatorOptions) {
    this.hopeless.catch(() => undefined);
  }

  get effects(): string {
    return join(this.options.folder, 'effects.jsonl');
  }

  start(fault?: Fault): void {
    const { place, bundle, namespace, folder, port } = this.options;
    const own = ['--effects', this.effects, ...(fault === undefined ? [] : ['--die', nameOf(fault)])];
    const flags = [
      ...['--kubeconfig', place.kubeconfig],
      ...['--watch-namespace', namespace],
      ...['--lease-namespace', namespace],
      ...['--lease-name', leaseName],
      ...['--bind-address', place.plan.controlPlane],
      ...['--metrics-port', String(port)],
      ...['--workers', '1'],
    ];
    const output = openSync(join(folder, 'operator.log'), 'a');
    const bound = ['setpriv', '--pdeathsig', 'KILL', '--', ...inside(place.netns)];
    const child = start([...bound, process.execPath, bundle, ...own, '--', ...flags], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.child = child;
    child.on('exit', (code, signal) => this.ended(child, `ended with ${signal ?? `code ${code}`}`));
  }

  /** The passes over the cluster that this process has completed; fails while it does not answer. */
  async passes(): Promise<number> {
    const { place, port } = this.options;
    const signal = AbortSignal.timeout(2000);
    const answer = await fetch(`http://${place.plan.controlPlane}:${port}/metrics`, { signal });
    const found = /^quorate_controller_reconcile_duration_milliseconds_count\{outcome="done"\} (\d+)$/m.exec(
      await answer.text(),
    );
    return Number(found?.[1] ?? 0);
  }

  /**
   * Begins anew, as after an upgrade, and waits until it has looked at everything once: the most thorough resync there is. Gives how many
   * milliseconds that took from the start of the process.
   */
  async resync(): Promise<number> {
    await this.stop();
    this.isEnding = false;
    const began = performance.now();
    this.start();
    await eventually('a pass of a fresh operator', 30_000, async () => {
      const passes = await this.passes();
      return passes > 0 ? { done: true, value: passes } : { done: false, seen: passes };
    });
    return performance.now() - began;
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    await this.starting;
    if (this.child !== undefined) await end(this.child, 3000);
  }

  private ended(child: ChildProcess, how: string): void {
    if (child !== this.child || this.isEnding) return;
    this.deaths.push(how);
    if (this.deaths.length > mostDeaths) return this.giveUp(new Error(`the operator does not stay alive: ${how}`));
    this.starting = this.restart();
  }

  private async restart(): Promise<void> {
    const { place, namespace } = this.options;
    await kubectl(place, ['delete', 'lease', leaseName, '-n', namespace, '--ignore-not-found']).catch(() => '');
    if (!this.isEnding) this.start();
  }
}
