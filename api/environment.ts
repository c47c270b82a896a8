/**
 * What a component needs from outside and could not replay: time, timers, randomness, keys. Everything below cmd/ is
 * given one of these; a lint rule forbids the globals, so that a simulation with a seeded Environment replays bit for bit.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; the returned function cancels it (idempotent). */
  after(ms: number, run: () => void): () => void;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

/** Generates private keys; separate from Random because no library lets its key generator be seeded. */
export interface KeyGenerator {
  /** A P-256 private key, PKCS#8 PEM. */
  ecP256(): Promise<string>;
}

export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: KeyGenerator;
}
