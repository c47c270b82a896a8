import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { environment } from '../../cmd/environment.js';
import { createAuthority } from '../../certs/authority.js';
import { issueLeaf } from '../../certs/leaf.js';
import { end, nodeCommand, start } from '../support/node-process.js';
import { eventually } from '../support/poll.js';

export interface WebhookProcess {
  /** The webhook configurations as config/webhook has them, led to this process by a URL. */
  readonly configurations: string;
  readonly metricsPort: number;
  readonly log: Record<string, unknown>[];
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** The same once more, on the same address. */
  restart(): Promise<void>;
  clear(): Promise<void>;
}

interface Configuration {
  metadata: { annotations: Record<string, string> };
  webhooks: { clientConfig: { url?: string; caBundle?: string; service?: { path: string } } }[];
}

const hour = 3600 * 1000;

/** The webhook in a process of its own on this machine, at an address that the API server reaches. */
export async function webhookProcess(address: string): Promise<WebhookProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-webhook-'));
  const root = await createAuthority({ commonName: 'webhook test', validityMs: 24 * hour }, environment);
  const leaf = await issueLeaf(
    {
      authority: root,
      commonName: 'webhook',
      dnsNames: [],
      ipAddresses: [address],
      usages: ['server'],
      validityMs: hour,
    },
    environment,
  );
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  writeFileSync(certFile, leaf.certificate);
  writeFileSync(keyFile, leaf.key);
  const [port, metricsPort] = [await freePort(address), await freePort(address)];
  const flags = {
    'cert-file': certFile,
    'key-file': keyFile,
    'bind-address': address,
    port: String(port),
    'metrics-port': String(metricsPort),
    'drain-seconds': '1',
  };
  const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const lines: string[] = [];
  let child: ChildProcess;

  async function run(): Promise<void> {
    child = start([...nodeCommand(import.meta.url, '../../cmd/main'), 'webhook', ...argv], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    await eventually('the webhook is ready', 30_000, async () => {
      const status = await probe(address, metricsPort);
      return status === 200 ? { done: true, value: status } : { done: false, seen: { status, lines } };
    });
  }

  await run();
  return {
    configurations: configurationsFor(`https://${address}:${port}`, root.certificate),
    metricsPort,
    get log() {
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async stop() {
      await end(child, 20_000);
      return child.exitCode;
    },
    restart: run,
    async clear() {
      await end(child, 20_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configurationsFor(url: string, authority: string): string {
  const documents = parseAllDocuments(readFileSync('config/webhook/webhooks.yaml', 'utf8'));
  const rewritten = documents.map((document) => {
    const configuration = document.toJS() as Configuration;
    configuration.metadata.annotations = {};
    for (const webhook of configuration.webhooks) {
      const path = webhook.clientConfig.service?.path ?? '';
      webhook.clientConfig = { url: `${url}${path}`, caBundle: Buffer.from(authority).toString('base64') };
    }
    return stringify(configuration);
  });
  return rewritten.join('---\n');
}

function probe(host: string, port: number): Promise<number> {
  return new Promise((resolve) => {
    get({ host, port, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', () => resolve(0));
  });
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
