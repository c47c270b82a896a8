import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { steps } from './webhook-steps.js';

// node:https alone around one of the steps: one port, ends with its parent's signal.
const [certFile = '', keyFile = '', port = '0', step = 'bare'] = process.argv.slice(2);
const answer = steps[step as keyof typeof steps]();
const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = answer(Buffer.concat(chunks), request.url?.startsWith('/mutate') === true ? 'mutate' : 'validate');
    response
      .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
      .end(text);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), '127.0.0.1');
