// One contender as a process of its own: says each 50 ms whether it leads, and how its campaign ended.
import { readFileSync } from 'node:fs';
import { createApiClient, createLeaderElector } from '../../../../kube/index.js';
import { environment } from '../../../../cmd/environment.js';

const [server = '', namespace = '', identity = '', ...files] = process.argv.slice(2);
const [ca, cert, key] = files.map((file) => readFileSync(file, 'utf8'));
const client = createApiClient({ server, tls: { ca, cert, key }, ...environment });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const say = (what: object): void => void process.stdout.write(`${JSON.stringify({ at: Date.now(), ...what })}\n`);

const elector = createLeaderElector({
  client,
  namespace,
  name: 'contended',
  identity,
  ...environment,
  leaseDurationMs: 3000,
  renewDeadlineMs: 2000,
  retryPeriodMs: 300,
  onStartedLeading: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
});
const timer = setInterval(() => say({ leads: elector.isLeader() }), 50);
const outcome = await elector.run(stop.signal);
clearInterval(timer);
say({ outcome, leads: elector.isLeader() });
client.close();
