import type { Server, ServerResponse } from 'node:http';
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
  let inFlight = 0;
  let onIdle = (): void => undefined;
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (_request, response: ServerResponse) => {
    inFlight++;
    response.once('close', () => {
      if (--inFlight === 0) onIdle();
    });
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
