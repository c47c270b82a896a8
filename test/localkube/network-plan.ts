// Names and addresses of an instance, all derived from its name and a small index. Pure: nothing is made here.

export interface NodePlan {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly netns: string;
  readonly address: string;
  readonly podRange: string;
  readonly zone: string;
  /** The end of the node's cable that sits in the bridge; taking it down is pulling the plug. */
  readonly port: string;
}

export interface NetworkPlan {
  readonly netns: string;
  /** Address of the bridge in the control plane's namespace: API server, CoreDNS, everything central. */
  readonly controlPlane: string;
  /** Where the API server reaches a process that listens on the machine itself. */
  readonly host: string;
  readonly hostLink: string;
  readonly prefix: string;
  readonly services: string;
  readonly kubernetesService: string;
  readonly pods: string;
  readonly nodes: readonly NodePlan[];
}

export const maxIndex = 63;
export const maxNodes = 64;
const zones = ['zone-a', 'zone-b', 'zone-c'] as const;

/**
 * An instance owns 10.(64+index).0.0/16: .0.0/24 is the bridge, .64.0/20 the Services, .128.0/17 the pods. The ranges of two
 * instances never overlap, so that one process can talk to both. The machine gets one address in it and routes to these
 * three; nothing inside has a route to anything else, and what is sent elsewhere comes back as unreachable.
 */
export function networkPlan(name: string, index: number, nodeCount: number): NetworkPlan {
  const base = `10.${64 + index}`;
  const nodes = Array.from({ length: nodeCount }, (_, position): NodePlan => {
    const number = position + 1;
    return {
      number,
      name: `node${number}`,
      netns: `lk-${name}-node${number}`,
      address: `${base}.0.${10 + number}`,
      podRange: `${base}.${128 + number}.0/24`,
      zone: zones[position % zones.length] ?? zones[0],
      port: `port${number}`,
    };
  });
  return {
    netns: `lk-${name}`,
    controlPlane: `${base}.0.1`,
    host: `${base}.0.254`,
    hostLink: `lk-host${index}`,
    prefix: `${base}.0.0/24`,
    services: `${base}.64.0/20`,
    kubernetesService: `${base}.64.1`,
    pods: `${base}.128.0/17`,
    nodes,
  };
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Whether two IPv4 ranges share an address. A bare address counts as /32. */
export function overlaps(a: string, b: string): boolean {
  const range = (text: string): readonly [number, number] => {
    const [address = '', bits = '32'] = text.split('/');
    const size = 2 ** (32 - Number(bits));
    const first = Math.floor(toNumber(address) / size) * size;
    return [first, first + size - 1];
  };
  const [firstA, lastA] = range(a);
  const [firstB, lastB] = range(b);
  return firstA <= lastB && firstB <= lastA;
}

/** The lowest index that no instance has and whose range meets none of the machine's own routes. */
export function freeIndex(taken: readonly number[], machineRanges: readonly string[]): number {
  for (let index = 0; index <= maxIndex; index++) {
    const range = `10.${64 + index}.0.0/16`;
    if (!taken.includes(index) && !machineRanges.some((used) => overlaps(range, used))) return index;
  }
  throw new Error('no range of addresses is left between 10.64.0.0/16 and 10.127.0.0/16: run `localkube clean`');
}
