import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The network of the control plane's namespace, in which the runner itself stands. */
export interface PodNetwork {
  readonly bridge: string;
  /** Of the control plane: DNS answers here. */
  readonly controlPlane: string;
  /** Of the runner on the pods' range. */
  readonly gateway: string;
  /** The pods' range: `base`.0 to `base+63`.255, as the first three numbers allow. */
  readonly base: string;
  readonly firstThird: number;
}

interface Link {
  readonly ifname: string;
  readonly addr_info: readonly { readonly family: string; readonly local: string }[];
}

/**
 * Finds the bridge, and takes the upper quarter of the control plane's /16 for pods, which real nodes would use for theirs. Services are
 * given a route, which a packet needs before kube-proxy's rules can rewrite its address.
 */
export async function joinNetwork(): Promise<PodNetwork> {
  const { stdout } = await run('ip', ['-json', 'address', 'show', 'type', 'bridge']);
  const bridges = JSON.parse(stdout) as Link[];
  const found = bridges.flatMap(({ ifname, addr_info: addresses }) =>
    addresses
      .filter(({ family, local }) => family === 'inet' && local.endsWith('.0.1'))
      .map(({ local }) => ({ ifname, local })),
  )[0];
  if (found === undefined) throw new Error('no bridge of a control plane in this network namespace');
  const base = found.local.split('.').slice(0, 2).join('.');
  const network = { bridge: found.ifname, controlPlane: found.local, gateway: `${base}.192.1`, base, firstThird: 192 };
  await run('ip', ['address', 'replace', `${network.gateway}/18`, 'dev', network.bridge]);
  await run('ip', ['route', 'replace', `${base}.64.0/20`, 'dev', network.bridge]);
  return network;
}

/** Pod addresses in turn, so that one is not given again soon: a peer may still hold a connection to it. */
export class Addresses {
  private next = 256;
  private readonly taken = new Set<string>();

  constructor(private readonly network: PodNetwork) {}

  take(): string {
    for (;;) {
      const number = this.next;
      this.next = this.next + 1 >= 64 * 256 ? 256 : this.next + 1;
      const last = number % 256;
      const address = `${this.network.base}.${this.network.firstThird + Math.floor(number / 256)}.${last}`;
      if (last === 0 || last === 255 || this.taken.has(address)) continue;
      this.taken.add(address);
      return address;
    }
  }

  release(address: string): void {
    this.taken.delete(address);
  }
}
