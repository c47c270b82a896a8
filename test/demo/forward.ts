import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { names, ports } from '../../api/names.js';
import type { Place } from '../support/place.js';
import { clusterName, demoNamespace } from './spec.js';

export interface Forward {
  /** host:port on this machine. */
  readonly address: string;
  stop(): void;
}

/**
 * The client Service of an existing cluster on a port of this machine. kubectl chooses one pod and ends when that pod does, so it is
 * started again as long as it is wanted.
 */
export async function forwarded(place: Place): Promise<Forward> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  let isWanted = true;
  const start = (): void => {
    if (!isWanted) return;
    const service = `service/${names.clientService(clusterName)}`;
    const args = ['--context', place.name, '-n', demoNamespace, 'port-forward', service, `${port}:${ports.client}`];
    child = spawn('kubectl', args, { stdio: 'ignore' });
    child.once('exit', () => setTimeout(start, 200));
  };
  start();
  return {
    address: `127.0.0.1:${port}`,
    stop: () => {
      isWanted = false;
      child?.kill();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
