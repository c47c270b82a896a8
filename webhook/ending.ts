import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../api/environment.js';

export interface Ending {
  /** Takes no more connections, lets the requests in flight have their answers, then ends every connection. */
  close(hurry: AbortSignal): Promise<void>;
}

// What is still being answered has this long: as long as the API server waits for a webhook at most.
const lastAnswersMs = 30_000;

/**
 * Follows a server's connections and requests from its start. Not left to Node's own `close`: that waits for each connection
 * that never carried a request, and Go clients keep such ones, opened ahead and not needed, for 90 s.
 */
export function endingOf(server: Server, clock: Clock): Ending {
  const connections = new Set<Socket>();
  /** How many requests of a connection have no answer yet. */
  const pending = new Map<Socket, number>();
  let inFlight = 0;
  let onIdle = (): void => undefined;
  const count = (socket: Socket, change: number): void => {
    const before = pending.get(socket);
    if (before === undefined) return;
    pending.set(socket, before + change);
    inFlight += change;
    if (inFlight === 0) onIdle();
  };
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (!pending.has(socket)) {
      pending.set(socket, 0);
      // A pipelined request behind an answer that ends the connection has no turn any more, and its response no event.
      socket.once('close', () => {
        count(socket, -(pending.get(socket) ?? 0));
        pending.delete(socket);
      });
    }
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });

  async function answered(hurry: AbortSignal): Promise<void> {
    if (inFlight === 0) return;
    const enough = new AbortController();
    onIdle = () => enough.abort();
    await clock.sleep(lastAnswersMs, AbortSignal.any([hurry, enough.signal]));
  }

  return {
    async close(hurry) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await answered(hurry);
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}
