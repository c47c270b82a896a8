import { labels, names, ports } from '../../api/names.js';
import type { KubeObject } from '../../kube/index.js';
import { objectMeta, type Owner } from './common.js';

/** Members find each other before they are ready, or TLS peers would wait for each other for ever. */
export function peerService(owner: Owner): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: objectMeta(owner, names.peerService(owner.name)),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [labels.cluster]: owner.name },
      ports: [
        { name: 'client', port: ports.client, protocol: 'TCP', targetPort: ports.client },
        { name: 'peer', port: ports.peer, protocol: 'TCP', targetPort: ports.peer },
        { name: 'metrics', port: ports.metrics, protocol: 'TCP', targetPort: ports.metrics },
      ],
    },
  };
}

/**
 * Where applications connect. It selects nothing until the cluster's identity is latched and every file is sealed: a write
 * acknowledged before that could be lost with a disk.
 */
export function clientService(owner: Owner, isServing: boolean): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: objectMeta(owner, names.clientService(owner.name)),
    spec: {
      type: 'ClusterIP',
      // Absent, whoever may have set it: no client is sent to a member that is not ready.
      publishNotReadyAddresses: null,
      selector: { [labels.cluster]: owner.name, [labels.serving]: isServing ? 'true' : 'not-yet' },
      ports: [{ name: 'client', port: ports.client, protocol: 'TCP', targetPort: ports.client }],
    },
  };
}
