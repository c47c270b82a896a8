/** Builds objects for tests; only what a row says, everything else is left to the real defaults. */
import { apiVersion, type EtcdCluster, type RuleContext } from '../../../api/index.js';
import { now, type Row } from './rows/index.js';

export interface Parts {
  readonly name?: string | undefined;
  readonly status?: unknown;
  readonly metadata?: object;
}

export function cluster(spec: unknown, parts: Parts = {}): EtcdCluster {
  const metadata = {
    name: parts.name ?? 'orders',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    generation: 1,
    ...parts.metadata,
  };
  const status = parts.status === undefined ? {} : { status: parts.status };
  return { apiVersion, kind: 'EtcdCluster', metadata, spec, ...status } as unknown as EtcdCluster;
}

export const context = (operation: RuleContext['operation'], place: RuleContext['place'] = 'webhook'): RuleContext => ({
  now,
  operation,
  place,
});

/** What a row sends and what is stored. */
export function objectsOf(row: Row): { readonly next: EtcdCluster; readonly old: EtcdCluster | undefined } {
  const parts = { name: row.name, status: row.status };
  return { next: cluster(row.spec, parts), old: row.old === undefined ? undefined : cluster(row.old, parts) };
}
