/** What is read of an AdmissionReview (admission.k8s.io/v1). Fields that no decision rests on are not read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource: string;
  readonly operation: Operation;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly object: Fields | undefined;
  readonly oldObject: Fields | undefined;
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
export type Fields = Readonly<Record<string, unknown>>;

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export type ReadReview =
  | { readonly ok: true; readonly request: AdmissionRequest }
  /** With a uid the caller can be answered in its own form; without one only in HTTP's. */
  | { readonly ok: false; readonly problem: string; readonly uid: string | undefined };

export const reviewVersion = 'admission.k8s.io/v1';
const operations: readonly string[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
const maxUid = 128;

/** Narrows any JSON to a request, or says what is missing. Never throws. */
export function readReview(value: unknown): ReadReview {
  const review = fieldsOf(value);
  const request = fieldsOf(review?.request);
  const uid = uidOf(value);
  const problem = problemOf(review, request, uid);
  if (problem !== undefined || request === undefined || uid === undefined) {
    return { ok: false, problem: problem ?? 'request is required', uid };
  }
  return { ok: true, request: narrowed(request, uid) };
}

function narrowed(request: Fields, uid: string): AdmissionRequest {
  const [object, oldObject] = [fieldsOf(request.object), fieldsOf(request.oldObject)];
  const metadata = fieldsOf((object ?? oldObject)?.metadata);
  return {
    uid,
    kind: texts(request.kind, ['group', 'version', 'kind']),
    resource: texts(request.resource, ['group', 'version', 'resource']),
    subResource: text(request.subResource),
    operation: request.operation as Operation,
    namespace: text(request.namespace),
    // A deletion of a whole collection and a generated name carry no name in the request.
    name: text(request.name) || text(metadata?.name) || text(metadata?.generateName),
    user: text(fieldsOf(request.userInfo)?.username),
    object,
    oldObject,
  };
}

function texts<Key extends string>(value: unknown, keys: readonly Key[]): Readonly<Record<Key, string>> {
  const fields = fieldsOf(value);
  return Object.fromEntries(keys.map((key) => [key, text(fields?.[key])])) as Record<Key, string>;
}

/** The uid to answer with, even when the rest of the review is not fit to work with. */
export function uidOf(value: unknown): string | undefined {
  const uid = fieldsOf(fieldsOf(value)?.request)?.uid;
  return typeof uid === 'string' && uid !== '' && uid.length <= maxUid ? uid : undefined;
}

function problemOf(review: Fields | undefined, request: Fields | undefined, uid: string | undefined) {
  if (review === undefined || review.kind !== 'AdmissionReview') return 'kind must be AdmissionReview';
  if (review.apiVersion !== reviewVersion) return `apiVersion must be ${reviewVersion}`;
  if (request === undefined) return 'request is required';
  if (uid === undefined) return `request.uid is required, at most ${maxUid} characters`;
  if (!operations.includes(text(request.operation))) return `request.operation must be one of ${operations.join(', ')}`;
  return undefined;
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
