import type { ClusterView } from './view.js';

/** Names of volume claims with our name or label that are not of the present incarnation. */
export function formerVolumes(view: ClusterView): readonly string[] {
  const incarnation = view.identity?.identity.incarnation;
  return view.volumes
    .filter((volume) => incarnation === undefined || volume.incarnation !== incarnation)
    .map(({ name }) => name);
}
