/** The writer against a cluster elsewhere: through a forwarded port, because Service addresses lead nowhere from this machine. */
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { names } from '../../api/names.js';
import { check, type Stored } from '../support/history.js';
import { nodeCommand, start } from '../support/node-process.js';
import { getObject, type Place } from '../support/place.js';
import { Writer, type Intact } from '../support/writer.js';
import type { Access, ReaderConfig, WriterConfig } from '../support/writer/protocol.js';
import { Unintact } from '../support/writer/verdict.js';
import { clusterName, demoNamespace } from './spec.js';

const support = new URL('../support/writer.ts', import.meta.url).href;

export async function startRemoteWriter(place: Place, address: string): Promise<RemoteWriter> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-writer-'));
  const config: WriterConfig = {
    ...(await accessOf(place, address)),
    prefix: `writer/${Date.now().toString(36)}/`,
    intervalMs: 20,
    deadlineMs: 1000,
    log: join(folder, 'attempts.jsonl'),
  };
  const child = start(nodeCommand(support, './writer/process'), { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] });
  child.stdin?.end(JSON.stringify(config));
  await once(child, 'message');
  return new RemoteWriter({ cluster: place, namespace: demoNamespace, name: clusterName }, config, child);
}

async function accessOf(place: Place, address: string): Promise<Access> {
  const name = names.clientCertificate(clusterName);
  const secret = await getObject<{ data: Record<string, string> }>(place, 'secret', demoNamespace, name);
  const pem = (key: string): string => Buffer.from(secret?.data[key] ?? '', 'base64').toString();
  return { endpoint: `https://${address}`, tls: { ca: pem('ca.crt'), cert: pem('tls.crt'), key: pem('tls.key') } };
}

export class RemoteWriter extends Writer {
  constructor(
    options: ConstructorParameters<typeof Writer>[0],
    private readonly access: WriterConfig,
    child: ConstructorParameters<typeof Writer>[2],
  ) {
    super(options, access, child);
  }

  /** Once stopped: everything read back, of the one member that is left. */
  override async verify(): Promise<Intact> {
    const { endpoint } = this.access;
    const config: ReaderConfig = { ...this.access, members: [endpoint], deadlineMs: 10_000 };
    const child = start(nodeCommand(support, './writer/reader-process'), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin?.end(JSON.stringify(config));
    const read = child.stdout === null ? '' : await text(child.stdout);
    if (read === '') throw new Error('could not read back');
    const { stored, ...told } = JSON.parse(read) as Omit<Intact, 'stored' | 'acknowledged'> & { stored: Stored[] };
    const attempts = await this.attempts();
    const violations = check(attempts, stored);
    if (violations.length > 0) throw new Unintact(violations);
    const acknowledged = attempts.filter(({ outcome }) => outcome === 'ok').length;
    return { ...told, acknowledged, stored: stored.length };
  }
}
