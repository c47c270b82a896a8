import { createServer, type Server } from 'node:http';
import { keepRoom } from './room.js';

export interface ProbesOptions {
  readonly metrics: {
    /** Prometheus text format. */
    readonly render: () => Promise<string>;
    readonly contentType: string;
  };
  /** Why nothing should be sent here; undefined when ready. */
  readonly notReady: () => string | undefined;
  /** 1024. */
  readonly maxConnections?: number;
}

/** Callers that connect and say nothing must not keep the kubelet out until it restarts us; Node would bear with them for a minute. */
const impatient = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };

/** Metrics and probes of either role, in plain HTTP on a port of their own: the kubelet and Prometheus bring no certificate of the API server's. */
export function createProbes({ metrics, notReady, maxConnections = 1024 }: ProbesOptions): Server {
  const server = createServer(impatient, (request, response) => {
    const send = (code: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'only GET is answered here\n');
    const problem = notReady();
    switch (request.url?.split('?', 1)[0]) {
      case '/livez':
        return send(200, 'ok\n');
      case '/readyz':
        return problem === undefined ? send(200, 'ok\n') : send(503, `${problem}\n`);
      case '/metrics':
        return void metrics.render().then(
          (text) => send(200, text, metrics.contentType),
          () => send(500, 'metrics cannot be read\n'),
        );
      default:
        return send(404, 'not found; there are /livez, /readyz and /metrics\n');
    }
  });
  // Longer than the pause between two scrapes, or a scrape now and then meets a connection that is just being closed.
  server.keepAliveTimeout = 120_000;
  keepRoom(server, maxConnections);
  return server;
}
