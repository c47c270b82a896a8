import { ApiError, type ApiClient } from '../../../../kube/index.js';
import type { Lease } from '../../../../kube/lease.js';

export type Fault = 'refused' | 'lost reply' | 'hangs';

/** One Lease on a server, as several clients see it, each with its own faults. */
export class LeaseServer {
  lease: Lease | undefined;
  #revision = 100;
  writes = 0;

  /** A client whose next calls meet what `fault` says. */
  client(fault: () => Fault | undefined = () => undefined): ApiClient {
    const call = async <T>(act: () => T, signal?: AbortSignal): Promise<T> => {
      await Promise.resolve();
      const met = fault();
      if (met === 'refused') throw new ApiError({ status: 0, reason: 'Connection', message: 'refused' });
      if (met === 'hangs') await aborted(signal);
      const result = act();
      if (met === 'lost reply')
        throw new ApiError({ status: 0, reason: 'Timeout', message: 'lost', isAmbiguous: true });
      return result;
    };
    const calls = {
      get: (_resource: unknown, _at: unknown, options?: { signal?: AbortSignal }) =>
        call(() => structuredClone(this.lease), options?.signal),
      create: (_resource: unknown, lease: Lease, options?: { signal?: AbortSignal }) =>
        call(() => this.#write(undefined, lease), options?.signal),
      update: (_resource: unknown, lease: Lease, options?: { signal?: AbortSignal }) =>
        call(() => this.#write(lease.metadata.resourceVersion, lease), options?.signal),
    };
    return calls as unknown as ApiClient;
  }

  #write(expected: string | undefined, lease: Lease): Lease {
    if (expected !== this.lease?.metadata.resourceVersion) {
      const reason = expected === undefined ? 'AlreadyExists' : 'Conflict';
      throw new ApiError({ status: 409, reason, message: reason });
    }
    this.writes++;
    const metadata = { ...lease.metadata, resourceVersion: String(++this.#revision) };
    this.lease = structuredClone({ ...lease, metadata });
    return structuredClone(this.lease);
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void =>
      reject(new ApiError({ status: 0, reason: 'Aborted', message: 'aborted', isAmbiguous: true }));
    if (signal?.aborted) fail();
    signal?.addEventListener('abort', fail, { once: true });
  });
}
