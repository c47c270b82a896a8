import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a few of a server's connections free for callers to come: when they are nearly all taken, the one that has been silent for longest
 * ends. Else whoever opens as many as there may be, and says nothing, keeps everybody out until they time out one by one. One that
 * waits for an answer is never ended; an idle one of the API server's is opened again with its next request.
 */
export function keepRoom(server: Server, maxConnections: number): void {
  const spare = Math.max(1, Math.floor(maxConnections / 16));
  /** In the order in which they fell silent. By address and port: on TLS a request has another socket than its connection. */
  const silent = new Map<string, Socket>();
  const open = new Set<Socket>();
  server.maxConnections = maxConnections;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.add(socket);
    if (open.size > maxConnections - spare) {
      const [longest] = silent.values();
      longest?.destroy();
    }
    silent.set(key, socket);
    socket.once('close', () => {
      open.delete(socket);
      if (silent.get(key) === socket) silent.delete(key);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const key = keyOf(socket);
    const connection = silent.get(key);
    silent.delete(key);
    response.once('close', () => {
      if (connection && open.has(connection)) silent.set(key, connection);
    });
  });
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress ?? ''} ${remotePort ?? 0}`;
