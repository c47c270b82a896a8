import type { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../api/environment.js';
import { certificateSource, type ServingCertificate, type SourceFiles } from '../certs/source.js';
import type { JudgedKind } from './admission.js';
import { createApp } from './app.js';
import { endingOf, type Ending } from './ending.js';
import { createMetrics } from './metrics.js';
import { createProbes } from './probes.js';
import { createRecorder } from './recorder.js';
import { createTlsServer, type TlsServer } from './tls-server.js';

export interface WebhookOptions {
  readonly files: SourceFiles;
  /** Undefined: all addresses, both families. */
  readonly bindAddress?: string | undefined;
  /** 0: any free one; see `RunningWebhook.port`. */
  readonly port: number;
  readonly metricsPort: number;
  /** How long reviews are still taken after `stop`, while the API server learns that this instance is going. */
  readonly drainMs: number;
  readonly maxConnections: number;
  readonly version: string;
}

export interface WebhookNeeds {
  readonly clock: Clock;
  /** Milliseconds since any fixed moment, finer than the clock. */
  readonly elapsed: () => number;
  readonly log: Logger;
  readonly kinds: readonly JudgedKind[];
}

export interface RunningWebhook {
  /** Resolves when reviews are answered; rejects when they never will be (the port is taken). */
  readonly ready: Promise<void>;
  port(): number | undefined;
  metricsPort(): number | undefined;
  /** Drains and ends. Called a second time, it ends the drain at once. */
  stop(): Promise<void>;
}

/** Serves admission until stopped. It listens for reviews only once a certificate is there. */
export async function runWebhook(options: WebhookOptions, needs: WebhookNeeds): Promise<RunningWebhook> {
  const { clock, elapsed, log, kinds } = needs;
  const metrics = createMetrics(options.version);
  const hurry = new AbortController();
  let state: 'waiting' | 'listening' | 'draining' = 'waiting';
  let tls: TlsServer | undefined;
  let ending: Ending | undefined;
  let stopped: Promise<void> | undefined;
  let becomeReady = (): void => undefined;
  let neverReady = (_error: unknown): void => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = resolve;
    neverReady = reject;
  });
  // Whoever asks learns of the failure; that nobody asks yet must not end the process.
  ready.catch(() => undefined);

  const probes = createProbes({ metrics, notReady: () => (state === 'listening' ? undefined : whyNotReady[state]) });
  const probesEnding = endingOf(probes, clock);
  await listen(probes, { port: options.metricsPort, host: options.bindAddress });

  for (const kind of kinds) kind.prepare?.();
  const app = createApp({
    kinds,
    clock,
    elapsed,
    recorder: createRecorder(log, metrics),
    shouldClose: (socket) => state === 'draining' || (tls?.isFormer(socket) ?? false),
  });

  function accept(certificate: ServingCertificate): void {
    if (tls === undefined) {
      const { maxConnections } = options;
      tls = createTlsServer({ listener: app, maxConnections, refused: metrics.connectionRefused }, certificate);
      ending = endingOf(tls.server, clock);
      void listen(tls.server, { port: options.port, host: options.bindAddress }).then(onListening, (error: unknown) =>
        neverReady(error),
      );
    } else {
      tls.use(certificate);
    }
    metrics.certificateAccepted(certificate.notAfter);
    const notAfter = new Date(certificate.notAfter).toISOString();
    log.info({ serial: certificate.serial, notAfter }, 'certificate accepted');
  }

  function onListening(): void {
    if (state === 'waiting') state = 'listening';
    log.info({ port: portOf(tls?.server), metricsPort: portOf(probes) }, 'ready');
    becomeReady();
  }

  const source = certificateSource({
    files: options.files,
    clock,
    accept,
    refuse(problem) {
      metrics.certificateRefused();
      log.warn({ problem, serving: tls !== undefined }, 'certificate refused');
    },
  });

  async function drain(): Promise<void> {
    const wasListening = state === 'listening';
    state = 'draining';
    log.info({ seconds: options.drainMs / 1000 }, 'draining');
    if (wasListening) await clock.sleep(options.drainMs, hurry.signal);
    source.stop();
    await ending?.close(hurry.signal);
    await probesEnding.close(hurry.signal);
    log.info('stopped');
  }

  await source.start();
  return {
    ready,
    port: () => portOf(tls?.server),
    metricsPort: () => portOf(probes),
    stop() {
      if (stopped !== undefined) hurry.abort();
      stopped ??= drain();
      return stopped;
    },
  };
}

const whyNotReady = { waiting: 'waiting for a certificate', draining: 'draining' };

function portOf(server: Server | undefined): number | undefined {
  return (server?.address() as AddressInfo | null | undefined)?.port;
}

function listen(server: Server, { port, host }: { port: number; host: string | undefined }): Promise<void> {
  return new Promise((resolve, reject) => {
    const options: ListenOptions = host === undefined ? { port } : { port, host };
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
