// What an instance can be asked to be: its name and its shape, with the defaults and the sentences for what is not allowed.
import { maxNodes } from './network-plan.js';

export interface Shape {
  /** 0 for a control plane alone. */
  readonly nodes: number;
  readonly controlPlaneOnly: boolean;
  readonly certManager: boolean;
}

export interface Wanted {
  readonly nodes?: number;
  readonly controlPlaneOnly?: boolean;
  readonly certManager?: boolean;
}

/** What the user asked for cannot be; the message is for them. */
export class UsageError extends Error {}

/** Names become parts of namespaces, links and control groups; and lk-a-node1 must not be both a node's and an instance's. */
export function checkName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$/.test(name)) {
    throw new UsageError(
      `--name ${JSON.stringify(name)}: must be 1 to 20 lower case letters, digits and -, without - at its ends`,
    );
  }
  if (/-node\d+$/.test(name))
    throw new UsageError(`--name ${JSON.stringify(name)}: must not end in -node and a number`);
}

export function shapeOf(wanted: Wanted): Shape {
  const controlPlaneOnly = wanted.controlPlaneOnly ?? false;
  const nodes = controlPlaneOnly ? 0 : (wanted.nodes ?? 3);
  if (!Number.isInteger(nodes) || nodes > maxNodes || (nodes < 1 && !controlPlaneOnly)) {
    const nearest = Number.isNaN(nodes) ? 3 : Math.min(maxNodes, Math.max(1, Math.round(nodes)));
    const none = nodes === 0 ? ', or --control-plane-only for no nodes' : '';
    throw new UsageError(
      `--nodes ${nodes}: must be a whole number from 1 to ${maxNodes}; nearest valid value: ${nearest}${none}`,
    );
  }
  return { nodes, controlPlaneOnly, certManager: wanted.certManager ?? !controlPlaneOnly };
}
