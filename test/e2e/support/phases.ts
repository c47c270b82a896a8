/** The phases that a cluster goes through, told by a watch: a poll would miss what lasts a moment. */
import { readFileSync } from 'node:fs';
import type { EtcdCluster } from '../../../api/index.js';
import type { Cluster } from '../../localkube/index.js';
import { Api } from '../../support/api.js';
import { follow } from '../../support/pod-runner/follow.js';
import type { KubeObject } from '../../support/pod-runner/types.js';

export interface Phases {
  /** Ends the watch and gives every phase since its beginning, in order, none twice in a row. */
  stop(): Promise<readonly string[]>;
}

/** Of the only EtcdCluster in a namespace, from what it says now on. */
export function followPhases(place: Cluster, namespace: string): Phases {
  const [ca = '', cert = '', key = ''] = [place.caFile, place.adminCert, place.adminKey].map((file) =>
    readFileSync(file, 'utf8'),
  );
  const api = new Api({ server: place.server, ca, cert, key });
  const ending = new AbortController();
  const phases: string[] = [];
  const seen = ({ status }: EtcdCluster): void => {
    if (status?.phase !== undefined && status.phase !== phases.at(-1)) phases.push(status.phase);
  };
  const path = `/apis/quorate.dev/v1alpha1/namespaces/${namespace}/etcdclusters`;
  const follower = { seen, gone: () => undefined };
  const ended = follow<EtcdCluster & KubeObject>(api, path, follower, ending.signal);
  return {
    async stop() {
      ending.abort();
      await ended;
      api.close();
      return phases;
    },
  };
}
