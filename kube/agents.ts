import { Agent } from 'node:https';
import type { TlsMaterial } from './connection.js';

// Shorter than the 90 s after which the API server, and the minute after which common load balancers, close an idle connection:
// a write that meets the closing one fails as ambiguous, and that is for us to avoid.
const idleMs = 30_000;

export interface Agents {
  /** The keep-alive agent of this material; the one before it is retired. */
  shared(tls: TlsMaterial): Agent;
  /** For one exchange on a connection of its own. */
  fresh(tls: TlsMaterial): Agent;
  close(): void;
}

/** Connections are kept by what they were authenticated with, so that a rotated certificate or authority gets new ones. */
export function createAgents(): Agents {
  let current: { tls: TlsMaterial; key: string; agent: Agent } | undefined;
  const options = (tls: TlsMaterial) => ({
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    rejectUnauthorized: tls.insecureSkipVerify !== true,
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    // The API server would choose HTTP/2 if it were offered.
    ALPNProtocols: ['http/1.1'],
  });
  return {
    shared(tls) {
      if (current?.tls === tls) return current.agent;
      const key = JSON.stringify(options(tls));
      if (current?.key === key) return current.agent;
      if (current !== undefined) retire(current.agent);
      const agent = new Agent({ ...options(tls), keepAlive: true, keepAliveMsecs: 15_000, timeout: idleMs });
      current = { tls, key, agent };
      return agent;
    },
    fresh: (tls) => new Agent({ ...options(tls), keepAlive: false }),
    close() {
      if (current !== undefined) retire(current.agent);
      current = undefined;
    },
  };
}

/** Agent.destroy() would also cut the exchanges under way: a watch on the old certificate may end by itself. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}
