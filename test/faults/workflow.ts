import { apply, cluster, setSize, settled, type Manifest } from '../e2e/support/cluster.js';
import type { Place } from '../support/place.js';

/** What a user does, edit by edit, each awaited until the operator says that it is reached. */
export interface Workflow {
  readonly first: Manifest;
  /** Sizes after the first. */
  readonly sizes: readonly number[];
  readonly stepDeadlineMs: number;
  /** Ends with a size at which data can be read. */
  readonly title: string;
}

/** Create 1, grow to 3, shrink to 1, stop, wake: every kind of change that there is. */
export function mainJob(namespace: string, version: string): Workflow {
  const first = cluster('orders', namespace).size(1).version(version).retention('RetainOne').build();
  return { first, sizes: [3, 1, 0, 1], stepDeadlineMs: 120_000, title: `1→3→1→0→1 on etcd ${version}` };
}

/** Begins it: the first size, until it is reached. */
export async function begin(place: Place, { first, stepDeadlineMs }: Workflow): Promise<void> {
  await apply(place, first);
  await settled(place, first.metadata, stepDeadlineMs);
}

/** The rest, told step by step. */
export async function carryOn(
  place: Place,
  { first, sizes, stepDeadlineMs }: Workflow,
  mark: (step: string) => void,
): Promise<void> {
  let before = first.spec.size ?? 1;
  for (const size of sizes) {
    mark(`${before}→${size}`);
    await setSize(place, first.metadata, size);
    await settled(place, first.metadata, stepDeadlineMs);
    before = size;
  }
  mark('after');
}
