import type { Selection } from './client.js';
import { isGone } from './errors.js';
import type { ObjectBase, ObjectList } from './objects.js';
import { apiVersionOf, pathOf, type Resource } from './resources.js';

/** Bounds how long one answer blocks the event loop (JSON.parse of 10,000 objects of 8 KB: a third of a second). */
const pageSize = 500;

interface Page<T> {
  readonly items?: readonly T[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** All pages as one list. When the token of the next page expires on the way, everything is read again in one piece. */
export async function listAll<T extends ObjectBase>(
  resource: Resource,
  selection: Selection,
  fetchPage: (path: string) => Promise<Page<T>>,
): Promise<ObjectList<T>> {
  const typed = withKind<T>(resource);
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    let page: Page<T>;
    try {
      page = await fetchPage(pagePath(resource, selection, { limit: String(pageSize), continue: token }));
    } catch (error) {
      if (token === undefined || !isGone(error)) throw error;
      page = await fetchPage(pagePath(resource, selection, {}));
      items.length = 0;
    }
    for (const item of page.items ?? []) items.push(typed(item));
    token = page.metadata.continue === '' ? undefined : page.metadata.continue;
    if (token === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

function pagePath(
  resource: Resource,
  selection: Selection,
  paging: { limit?: string; continue?: string | undefined },
): string {
  const { labelSelector, fieldSelector, namespace } = selection;
  const entries = Object.entries({ labelSelector, fieldSelector, ...paging });
  const query = new URLSearchParams(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return `${pathOf(resource, { namespace })}?${query.toString()}`;
}

/** Items of a built-in kind come without apiVersion and kind: the list says it once. */
function withKind<T extends ObjectBase>({ kind, ...resource }: Resource): (item: T) => T {
  const apiVersion = apiVersionOf({ kind, ...resource });
  return (item) => (item.kind === undefined ? { ...item, apiVersion, kind } : item);
}
