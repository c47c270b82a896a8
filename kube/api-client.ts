import * as names from '../api/names.js';
import type { Clock } from '../api/environment.js';
import { createCalls, type Calls } from './calls.js';
import type { ApiClient, ApiClientOptions, ApplyOptions, Reference, RemoveOptions, WatchOptions } from './client.js';
import { ApiError, isInvalid, isNotFound } from './errors.js';
import { listAll } from './list.js';
import type { ObjectBase } from './objects.js';
import { pathOf, type Resource } from './resources.js';
import type { WireResponse } from './transport.js';
import { watchEvents } from './watch-stream.js';

/** @throws TypeError when the server's address is not https */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const calls = createCalls(options);
  const write = createWrite(calls, options.fieldManager ?? names.fieldManager);
  return {
    get: (resource, at, call) =>
      unlessNotFound(calls.json({ ...call, method: 'GET', path: pathOf(resource, at) }), undefined),
    list: (resource, selection = {}, call = {}) =>
      listAll(resource, selection, (path) => calls.json({ ...call, method: 'GET', path })),
    create: (resource, object, call) => write('POST', { resource, namespace: object.metadata.namespace }, object, call),
    apply: (resource, object, call) =>
      write('PATCH', at(resource, object), withoutManagedFields(object), { ...call, contentType: applyPatch }),
    mergePatch: (resource, where, patch, call) =>
      write('PATCH', { resource, ...where }, patch, { ...call, contentType: 'application/merge-patch+json' }),
    update: (resource, object, call) => write('PUT', at(resource, object), object, call),
    remove: (resource, where, call = {}) => {
      const request = { ...call, method: 'DELETE' as const, path: pathOf(resource, where), body: deleteOptions(call) };
      return unlessNotFound(
        calls.json(request).then(() => 'deleted' as const),
        'absent' as const,
      );
    },
    async *watch<T extends ObjectBase>(resource: Resource, call: WatchOptions) {
      const response = await calls.open({ method: 'GET', path: watchPath(resource, call), signal: call.signal });
      yield* watchEvents<T>(guarded(response, options.clock, call.idleMs));
    },
    raw: (request) => calls.raw(request),
    close: () => calls.close(),
  };
}

const applyPatch = 'application/apply-patch+yaml';

interface Target extends Partial<Reference> {
  readonly resource: Resource;
}

const at = (resource: Resource, { metadata }: ObjectBase): Target => ({
  resource,
  namespace: metadata.namespace,
  name: metadata.name,
});

function createWrite(calls: Calls, fieldManager: string) {
  return function write<T>(
    method: 'POST' | 'PUT' | 'PATCH',
    { resource, namespace, name }: Target,
    body: object,
    call: ApplyOptions & { readonly contentType?: string } = {},
  ): Promise<T> {
    const query = new URLSearchParams({ fieldManager: call.fieldManager ?? fieldManager, fieldValidation: 'Strict' });
    if (call.force === true) query.set('force', 'true');
    if (call.dryRun === true) query.set('dryRun', 'All');
    const path = `${pathOf(resource, { namespace, name, subresource: call.subresource })}?${query.toString()}`;
    return calls.json<T>({ ...call, method, path, body }).catch((error: unknown) => {
      throw isOtherUid(error) ? asConflict(error) : error;
    });
  };
}

/**
 * A patch that names a uid is answered with 409 where no such object exists, and with 422 "metadata.uid: field is immutable" where another
 * one of that name does: one and the same failed precondition.
 */
const isOtherUid = (error: unknown): error is ApiError =>
  isInvalid(error) && error.causes.some(({ field }) => field === 'metadata.uid');

const asConflict = ({ message, body, cause }: ApiError): ApiError =>
  new ApiError({ status: 409, reason: 'Conflict', message, body, cause });

/** The API server refuses an apply that carries managedFields, as every object read from it does. */
function withoutManagedFields<T extends ObjectBase>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const metadata = { ...object.metadata };
  delete (metadata as { managedFields?: unknown }).managedFields;
  return { ...object, metadata };
}

function deleteOptions({ uid, resourceVersion, propagationPolicy, gracePeriodSeconds }: RemoveOptions): object {
  const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
  return { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy, gracePeriodSeconds };
}

async function unlessNotFound<R, N>(answer: Promise<R>, otherwise: N): Promise<R | N> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return otherwise;
    throw error;
  }
}

function watchPath(resource: Resource, call: WatchOptions): string {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: call.resourceVersion,
  });
  if (call.timeoutSeconds !== undefined) query.set('timeoutSeconds', String(call.timeoutSeconds));
  if (call.labelSelector !== undefined) query.set('labelSelector', call.labelSelector);
  if (call.fieldSelector !== undefined) query.set('fieldSelector', call.fieldSelector);
  return `${pathOf(resource, { namespace: call.namespace })}?${query.toString()}`;
}

/** A peer that went away without a word leaves the connection open for hours; silence longer than `idleMs` ends it. */
async function* guarded(response: WireResponse, clock: Clock, idleMs: number | undefined): AsyncIterable<Buffer> {
  const arm = (): (() => void) =>
    idleMs === undefined ? () => undefined : clock.after(idleMs, () => response.close('Timeout'));
  let disarm = arm();
  try {
    for await (const chunk of response.body()) {
      disarm();
      disarm = arm();
      yield chunk;
    }
  } finally {
    disarm();
  }
}
