import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { absent, type Api } from '../api.js';
import { aborted } from './aborted.js';
import { Backoff } from './backoff.js';
import { startContainer, type Exit, type Running } from './container.js';
import type { Disks } from './disks.js';
import { HealthWatch } from './health.js';
import type { Nodes } from './nodes.js';
import { PodFiles } from './pod-files.js';
import type { RunnerConfig, PodState } from './protocol.js';
import { prepare, type Launch } from './launch.js';
import type { Sandbox, Sandboxes } from './sandbox.js';
import { StatusWriter } from './status-writer.js';
import type { Stage } from './status.js';
import type { Pod } from './types.js';

export interface Runtime {
  readonly api: Api;
  readonly nodes: Nodes;
  readonly disks: Disks;
  readonly sandboxes: Sandboxes;
  readonly config: RunnerConfig;
  readonly dns: string;
  readonly log: (line: string) => void;
}

/** One pod, from its creation until its object is gone: sandbox, volumes, one container restarted as it ends, orderly death. */
export class PodWorker {
  readonly finished: Promise<void>;
  private readonly ending = new AbortController();
  private readonly status: StatusWriter;
  private readonly files: PodFiles;
  private readonly since = performance.now();
  private readonly logs: string[] = [];
  private sandbox: Sandbox | undefined;
  private running: Running | undefined;
  private stopped: Promise<unknown> = Promise.resolve();
  private held: { readonly until: Promise<void>; readonly release: () => void } | undefined;
  private startMs: number | undefined;
  private isGone = false;

  constructor(
    private readonly runtime: Runtime,
    private pod: Pod,
    before: Promise<void>,
  ) {
    const root = join(runtime.config.work, 'pods', pod.metadata.uid);
    this.status = new StatusWriter(runtime.api, () => this.pod, runtime.dns, runtime.log);
    this.files = new PodFiles(runtime.api, join(root, 'root'), runtime.config.filesDelayMs);
    this.finished = before
      .then(() => this.run())
      .catch((error: unknown) => runtime.log(`${pod.metadata.namespace}/${pod.metadata.name}: ${String(error)}`))
      .finally(() => this.files.close());
    this.update(pod);
  }

  /** The object changed: a new annotation or label makes it look at its files, a deletion timestamp ends it. */
  update(pod: Pod): void {
    const before = this.pod;
    this.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.ending.abort();
    else if (differs(before, pod)) this.files.refresh(pod);
  }

  /** The object is gone, by force or because it was ended: nothing of it may live on. */
  forget(): void {
    this.isGone = true;
    this.ending.abort();
    this.running?.kill('SIGKILL');
  }

  /** Ends the container at once and keeps it down until released. Resolves when its process is gone. */
  async hold(): Promise<void> {
    if (this.held !== undefined) throw new Error('held already');
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    this.held = { until, release };
    this.running?.kill('SIGKILL');
    await this.stopped;
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.running === undefined) throw new Error('its container does not run');
    this.running.kill(signal);
  }

  async plug(state: 'up' | 'down'): Promise<void> {
    if (this.sandbox === undefined) throw new Error('it has no network');
    await this.sandbox.plug(state);
  }

  state(): PodState {
    const { name, namespace, uid } = this.pod.metadata;
    const { logs, startMs, sandbox, running } = this;
    const restarts = Math.max(0, logs.length - 1);
    return { name, namespace, uid, ip: sandbox?.ip, isRunning: running !== undefined, restarts, logs, startMs };
  }

  private async run(): Promise<void> {
    const { nodes, sandboxes } = this.runtime;
    if (!this.ending.signal.aborted) {
      // Nobody else places pods here, so that nothing need wait for the binding.
      const bound = nodes.bind(this.pod).catch((error: unknown) => this.runtime.log(`binding: ${String(error)}`));
      const sandbox = await sandboxes.take();
      this.sandbox = sandbox;
      try {
        await this.live(nodes.nodeOf(this.pod), sandbox);
      } finally {
        await bound;
        await sandbox.close();
        this.files.close();
        // Its mounts were the process's alone: what lies here is what was made here.
        rmSync(join(this.runtime.config.work, 'pods', this.pod.metadata.uid), { recursive: true, force: true });
      }
    }
    await this.bury();
  }

  private async live(nodeName: string, sandbox: Sandbox): Promise<void> {
    const { signal } = this.ending;
    const launch = await prepare(
      { runtime: this.runtime, pod: this.pod, nodeName, sandbox, files: this.files, signal },
      (reason, message) => this.become({ at: 'waiting', reason, message }),
    );
    if (launch === undefined) return aborted(signal);
    const backoff = new Backoff(this.runtime.config.backoffMs);
    while (!signal.aborted) {
      if (this.held !== undefined) await Promise.race([this.held.until, aborted(signal)]);
      if (signal.aborted) return;
      const exit = await this.once(launch, sandbox);
      if (signal.aborted || !this.restarts(exit)) break;
      await this.rest(backoff.next(exit.finishedAt.getTime() - exit.startedAt.getTime()));
    }
    await aborted(signal);
  }

  private async once(launch: Launch, sandbox: Sandbox): Promise<Exit> {
    const log = join(this.runtime.config.work, 'logs', logName(this.pod), `${this.logs.length}.log`);
    const running = startContainer(launch.command, launch.variables, log);
    this.logs.push(log);
    this.startMs ??= performance.now() - this.since;
    this.running = running;
    this.stopped = running.exited;
    const { startedAt } = running;
    this.status.restarts = this.logs.length - 1;
    this.status.podIP = sandbox.ip;
    const { container, variables, user } = launch;
    const health = new HealthWatch(
      { ip: sandbox.ip, pid: running.pid, user, variables, container },
      (seen) => this.become({ at: 'running', startedAt, ...seen }),
      () => void this.terminate(running),
    );
    this.become({ at: 'running', startedAt, started: container.startupProbe === undefined, ready: false });
    health.start();
    const onEnd = (): void => void this.terminate(running);
    this.ending.signal.addEventListener('abort', onEnd);
    const exit = await running.exited;
    this.ending.signal.removeEventListener('abort', onEnd);
    health.stop();
    this.running = undefined;
    this.status.last = exit;
    this.become({ at: 'ended', exit });
    return exit;
  }

  private restarts(exit: Exit): boolean {
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && exit.exitCode !== 0);
  }

  private async rest(ms: number): Promise<void> {
    if (ms === 0) return;
    const { namespace, name, uid } = this.pod.metadata;
    const message = `back-off ${ms / 1000}s restarting failed container=etcd pod=${name}_${namespace}(${uid})`;
    this.become({ at: 'waiting', reason: 'CrashLoopBackOff', message });
    await aborted(this.ending.signal, ms);
  }

  /** SIGTERM, the grace period, SIGKILL. */
  private async terminate(running: Running): Promise<void> {
    const { deletionGracePeriodSeconds: grace } = this.pod.metadata;
    const seconds = grace ?? this.pod.spec.terminationGracePeriodSeconds ?? 30;
    running.kill(this.isGone || seconds === 0 ? 'SIGKILL' : 'SIGTERM');
    const timer = setTimeout(() => running.kill('SIGKILL'), seconds * 1000);
    await running.exited;
    clearTimeout(timer);
  }

  /** Tells how it ended, then lets the object go. */
  private async bury(): Promise<void> {
    await this.status.settled();
    if (this.isGone) return;
    const { namespace, name, uid } = this.pod.metadata;
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    await absent(() => this.runtime.api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, body));
  }

  private become(stage: Stage): void {
    if (!this.isGone) this.status.show(stage);
  }
}

const logName = ({ metadata }: Pod): string => `${metadata.namespace}_${metadata.name}_${metadata.uid.slice(0, 8)}`;

/** What makes a kubelet look at a pod again; its own status writes do not. */
function differs(before: Pod, after: Pod): boolean {
  const shown = ({ metadata }: Pod): string => JSON.stringify([metadata.annotations, metadata.labels]);
  return shown(before) !== shown(after);
}
