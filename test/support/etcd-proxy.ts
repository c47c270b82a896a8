import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** What happens to bytes between a client and a member. */
export type Fault =
  | 'none'
  /** Connections are taken, and nothing ever comes back, not even a handshake. */
  | 'mute'
  /** Requests arrive, replies are lost, the connection stays. */
  | 'lost-reply'
  /** Requests arrive, and the connection breaks at the first reply. */
  | 'cut-at-reply';

export interface FaultyProxy {
  readonly address: string;
  fault: Fault;
  /** Connections taken so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** A TCP proxy to `target` ("host:port") that can be told to fail; a change of fault holds for open connections too. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  const state = { fault: 'none' as Fault, connections: 0 };

  const server = createServer((client) => {
    state.connections += 1;
    const member = connect({ host, port: Number(port) });
    for (const [socket, other] of [
      [client, member],
      [member, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (data) => {
      if (state.fault !== 'mute') member.write(data);
    });
    member.on('data', (data) => {
      if (state.fault === 'none') client.write(data);
      if (state.fault === 'cut-at-reply') client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');

  return {
    address: `127.0.0.1:${address.port}`,
    get fault() {
      return state.fault;
    },
    set fault(fault) {
      state.fault = fault;
    },
    get connections() {
      return state.connections;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
