import type { Clock, Random } from '../api/environment.js';
import type { Connection } from './connection.js';
import type { KubeObject, ObjectBase, ObjectList, WatchEvent } from './objects.js';
import type { Resource } from './resources.js';

export interface Reference {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What a list or watch selects; without a namespace, all of them. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the call to the last byte of its answer; 10 s without it. */
  readonly deadlineMs?: number | undefined;
  /** Added to the request: how a caller tags its writes. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string | undefined;
  readonly subresource?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers. */
  readonly force?: boolean | undefined;
}

export interface RemoveOptions extends CallOptions {
  /** Precondition: 409 Conflict when the object of this name is another one. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

export interface WatchOptions extends Selection {
  readonly resourceVersion: string;
  /** The server ends the watch after this. */
  readonly timeoutSeconds?: number | undefined;
  /** Fails with reason "Timeout" when nothing, not even a bookmark, came for this long. */
  readonly idleMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RawRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query under the server's address. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One exchange as it went over the wire, told after its end (of a watch: after its beginning). What the observer throws reaches the caller. */
export interface Exchange {
  readonly method: RawRequest['method'];
  /** Path and query. */
  readonly path: string;
  /** Those that the caller added. */
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP status, 0 without an answer. */
  readonly status: number;
  /** The server's own id of this request in its audit log. */
  readonly auditId?: string | undefined;
  readonly durationMs: number;
  readonly isAmbiguous: boolean;
}

/**
 * Calls to the Kubernetes API. Every failure is an ApiError. Nothing is repeated, but for a read (get, list) that met a kept-alive
 * connection closed by the server, once. Writes use fieldValidation=Strict.
 */
export interface ApiClient {
  /** Undefined when there is no such object. */
  get<T extends ObjectBase = KubeObject>(
    resource: Resource,
    at: Reference,
    options?: CallOptions,
  ): Promise<T | undefined>;
  list<T extends ObjectBase = KubeObject>(
    resource: Resource,
    selection?: Selection,
    options?: CallOptions,
  ): Promise<ObjectList<T>>;
  create<T extends ObjectBase>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** Server-side apply. `metadata.uid` and `metadata.resourceVersion`, where present, are preconditions (409 Conflict). */
  apply<T extends ObjectBase>(resource: Resource, object: T, options?: ApplyOptions): Promise<T>;
  /** RFC 7386. `metadata.resourceVersion` in the patch is a precondition. */
  mergePatch<T extends ObjectBase = KubeObject>(
    resource: Resource,
    at: Reference,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>;
  update<T extends ObjectBase>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** 'deleted' means accepted: finalizers or a grace period may still hold the object. */
  remove(resource: Resource, at: Reference, options?: RemoveOptions): Promise<'deleted' | 'absent'>;
  /** Ends when the server ends it; throws ApiError (410 when the revision is gone, also when told in the stream). */
  watch<T extends ObjectBase = KubeObject>(resource: Resource, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Any other path; resolves whatever the status is. */
  raw(request: RawRequest): Promise<RawResponse>;
  /** Closes idle connections; calls under way end by themselves. */
  close(): void;
}

export interface ApiClientOptions extends Connection {
  readonly clock: Clock;
  readonly random: Random;
  /** The User-Agent's version: `quorate/<version>`. */
  readonly version?: string | undefined;
  readonly deadlineMs?: number | undefined;
  readonly fieldManager?: string | undefined;
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
}
