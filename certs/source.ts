import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../api/environment.js';
import { judgeSource, readSource, type ServingCertificate, type SourceFiles } from './source-read.js';

export type { ServingCertificate, SourceFiles } from './source-read.js';

export interface SourceOptions {
  readonly files: SourceFiles;
  readonly clock: Clock;
  /** Takes a new pair into use. When it throws, the pair counts as refused and the old one stays. */
  readonly accept: (certificate: ServingCertificate) => void;
  /** Called once for each distinct set of contents (or read error) that was not taken. */
  readonly refuse: (problem: string) => void;
  /** How often the files are looked at when no file event comes. */
  readonly pollMs?: number;
}

export interface CertificateSource {
  /** The pair in use; undefined until the first fit one was found. */
  current(): ServingCertificate | undefined;
  /** Looks at the files now; resolves when they were judged. Never rejects. */
  look(): Promise<void>;
  /** The first look, then follows the files until stopped. */
  start(): Promise<void>;
  stop(): void;
}

const defaultPollMs = 10_000;
// Long enough for a writer that puts key and certificate in two writes, short enough not to be felt.
const settleMs = 100;

/**
 * Follows a certificate in files. File events make it fast; the poll makes it sure: watches are lost when a folder is
 * replaced, and some file systems have none.
 */
export function certificateSource(options: SourceOptions): CertificateSource {
  const { files, clock, accept, refuse, pollMs = defaultPollMs } = options;
  const folders = [...new Set([files.cert, files.key, ...(files.clientCa ? [files.clientCa] : [])].map(dirname))];
  const watchers: FSWatcher[] = [];
  let current: ServingCertificate | undefined;
  let lastRefused = '';
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let cancelPoll = (): void => undefined;
  let cancelSettle = (): void => undefined;
  let stopped = false;

  /** An unfit set is judged at every look (it may only have been ahead of the clock), and told once. */
  async function judgeOnce(): Promise<void> {
    let digest = '';
    try {
      const texts = await readSource(files);
      if (texts.digest === current?.digest || stopped) return;
      digest = texts.digest;
      const judged = judgeSource(texts, clock.now());
      if (!judged.fit) return tell(digest, judged.problem);
      accept(judged.certificate);
      current = judged.certificate;
    } catch (error) {
      tell(digest, error instanceof Error ? error.message : 'unknown error');
    }
  }

  function tell(digest: string, problem: string): void {
    const key = `${digest} ${problem}`;
    if (key === lastRefused || stopped) return;
    lastRefused = key;
    refuse(problem);
  }

  async function judgeUntilSettled(): Promise<void> {
    do {
      lookAgain = false;
      await judgeOnce();
    } while (lookAgain);
    looking = undefined;
  }

  function look(): Promise<void> {
    lookAgain = looking !== undefined;
    looking ??= judgeUntilSettled();
    return looking;
  }

  function onEvent(): void {
    cancelSettle();
    cancelSettle = clock.after(settleMs, () => void look());
  }

  /** Anew at every poll: a watch on a folder that was removed and made again stays silent without an error. */
  function watchFolders(): void {
    for (const watcher of watchers) watcher.close();
    watchers.length = 0;
    for (const folder of folders) {
      try {
        const watcher = watch(folder, { persistent: false }, onEvent);
        watcher.on('error', () => watcher.close());
        watchers.push(watcher);
      } catch {
        // No such folder yet: the next poll tries again.
      }
    }
  }

  function poll(): void {
    cancelPoll = clock.after(pollMs, () => {
      watchFolders();
      void look().then(() => {
        if (!stopped) poll();
      });
    });
  }

  return {
    current: () => current,
    look,
    async start() {
      watchFolders();
      await look();
      if (!stopped) poll();
    },
    stop() {
      stopped = true;
      cancelPoll();
      cancelSettle();
      for (const watcher of watchers) watcher.close();
    },
  };
}
