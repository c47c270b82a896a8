/**
 * A client under load, as an application would be: its own process, through the client Service, over TLS with the Secret that the
 * operator hands out. What it was told is the evidence that nothing was lost.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { memberHost, names, ordinalOf, ports } from '../../api/names.js';
import { check, type Attempt, type Stored } from './history.js';
import { end, nodeCommand, start } from './node-process.js';
import { clientNetns, getObject, inside, listObjects, type Place } from './place.js';
import { pause } from './poll.js';
import { judgeHashes, Unintact } from './writer/verdict.js';
import type { Access, MemberHash, Membership, ReaderConfig, WriterConfig } from './writer/protocol.js';
import { byPhase, report, table, type Mark, type Report } from './writer/report.js';

export interface WriterOptions {
  readonly cluster: Place;
  readonly namespace: string;
  /** Of the EtcdCluster. */
  readonly name: string;
  readonly intervalMs?: number;
  /** Of each put. */
  readonly deadlineMs?: number;
  readonly domain?: string;
  /** host:port, in place of the client Service. */
  readonly endpoint?: string;
  readonly tls?: 'Operator' | 'Disabled';
}

export interface Intact {
  readonly acknowledged: number;
  readonly stored: number;
  /** At which the members' hashes were taken and found equal. */
  readonly revision: number;
  readonly hashes: readonly MemberHash[];
  readonly membership: Membership;
}

interface ReadBack {
  readonly stored: Stored[];
  readonly revision: number;
  readonly hashes: MemberHash[];
  readonly membership: Membership;
}

/** Logs are of use as long as this process may ask for them. */
const folders = new Set<string>();
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Starts writing, and resolves when the process is about to send its first put. */
export async function startWriter(options: WriterOptions): Promise<Writer> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-writer-'));
  folders.add(folder);
  const access = await accessOf(options);
  const config: WriterConfig = {
    ...access,
    prefix: `writer/${Date.now().toString(36)}/`,
    intervalMs: options.intervalMs ?? 20,
    deadlineMs: options.deadlineMs ?? 1000,
    log: join(folder, 'attempts.jsonl'),
  };
  const command = [...inside(clientNetns(options.cluster)), ...nodeCommand(import.meta.url, './writer/process')];
  const child = start(command, { stdio: ['pipe', 'inherit', 'inherit', 'ipc'] });
  child.stdin?.end(JSON.stringify(config));
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('writer died'))),
  ]);
  return new Writer(options, config, child);
}

/** The client Service and the Secret that an application would be given. */
async function accessOf({ cluster, namespace, name, domain, endpoint, tls }: WriterOptions): Promise<Access> {
  const host = endpoint ?? `${names.clientService(name)}.${namespace}.svc.${domain ?? 'cluster.local'}:${ports.client}`;
  if (tls === 'Disabled') return { endpoint: `http://${host}` };
  const secretName = names.clientCertificate(name);
  const secret = await getObject<{ data: Record<string, string> }>(cluster, 'secret', namespace, secretName);
  if (secret === undefined) throw new Error(`no Secret ${namespace}/${secretName}`);
  const pem = (key: string): string => Buffer.from(secret.data[key] ?? '', 'base64').toString();
  return { endpoint: `https://${host}`, tls: { ca: pem('ca.crt'), cert: pem('tls.crt'), key: pem('tls.key') } };
}

export class Writer {
  private readonly marks: Mark[] = [];
  private ended: number | undefined;

  constructor(
    private readonly options: WriterOptions,
    private readonly config: WriterConfig,
    private readonly child: ChildProcess,
  ) {}

  get logFile(): string {
    return this.config.log;
  }

  /** A phase begins now and lasts until the next mark. */
  mark(label: string): void {
    this.marks.push({ label, at: Date.now() });
  }

  /** What was answered so far, in the order of the answers. */
  async attempts(): Promise<Attempt[]> {
    const lines = await readFile(this.config.log, 'utf8').catch(() => '');
    // The last line may be half written.
    const whole = lines.slice(0, lines.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Attempt]));
  }

  /** Numbers from mark `from` (else the first put) until mark `to` begins (else now). */
  async report(range: { from?: string; to?: string; label?: string } = {}): Promise<Report> {
    const attempts = await this.attempts();
    const from = range.from === undefined ? (attempts[0]?.sent ?? 0) : this.at(range.from);
    const to = range.to === undefined ? (this.ended ?? Date.now()) : this.at(range.to);
    return report(attempts, { from, to }, range.label ?? `${range.from ?? 'start'}…${range.to ?? 'end'}`);
  }

  /** One report a phase. */
  async phases(): Promise<Report[]> {
    return byPhase(await this.attempts(), this.marks, this.ended ?? Date.now());
  }

  /** The gap table, a line a phase. */
  async table(): Promise<string> {
    return table(await this.phases());
  }

  /**
   * Reads everything back, linearizably, and judges it (see history.ts); where there are several members, HashKV at one revision must
   * agree. Works beside a running writer: what was answered after the reading began may be there or not. Throws Unintact.
   */
  async verify(): Promise<Intact> {
    const since = performance.timeOrigin + performance.now();
    const { stored, revision, hashes, membership } = await this.read();
    if (this.ended === undefined) await pause(this.config.deadlineMs + 200);
    const attempts = await this.attempts();
    const held = new Set(stored.map((entry) => entry.key));
    const judged = attempts.filter((attempt) => attempt.answered < since || held.has(attempt.key));
    const violations = [...check(judged, stored), ...judgeHashes(hashes)];
    if (violations.length > 0) throw new Unintact(violations);
    const acknowledged = judged.filter((attempt) => attempt.outcome === 'ok').length;
    return { acknowledged, stored: stored.length, revision, hashes, membership };
  }

  /** No more puts; waits for the last answers. */
  async stop(): Promise<void> {
    await end(this.child);
    this.ended ??= Date.now();
  }

  private at(label: string): number {
    const mark = this.marks.find((each) => each.label === label);
    if (mark === undefined)
      throw new Error(`no mark ${label}: have ${this.marks.map((each) => each.label).join(', ')}`);
    return mark.at;
  }

  private async read(): Promise<ReadBack> {
    const access = await accessOf(this.options);
    const config: ReaderConfig = {
      ...access,
      prefix: this.config.prefix,
      members: await this.members(),
      deadlineMs: 10_000,
    };
    const netns = clientNetns(this.options.cluster);
    const child = start([...inside(netns), ...nodeCommand(import.meta.url, './writer/reader-process')], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(JSON.stringify(config));
    const [out, err] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      child.stderr ? text(child.stderr) : '',
    ]);
    if (out === '') throw new Error(`could not read back: ${err.trim()}`);
    return JSON.parse(out) as ReadBack;
  }

  /**
   * Endpoints of the members whose pods exist, by the names that their certificates carry. A pod that is being deleted may be that of
   * a member which has left: what it holds is nobody's business any more.
   */
  private async members(): Promise<string[]> {
    const { cluster, namespace, name, domain, tls } = this.options;
    const pods = await listObjects<{ metadata: { name: string; deletionTimestamp?: string } }>(
      cluster,
      'pods',
      namespace,
      `quorate.dev/cluster=${name}`,
    );
    const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ordinals = staying
      .map((pod) => ordinalOf(name, pod.metadata.name))
      .filter((ordinal) => ordinal !== undefined);
    const scheme = tls === 'Disabled' ? 'http' : 'https';
    const host = { name, namespace, domain: domain ?? 'cluster.local' };
    return ordinals.map((ordinal) => `${scheme}://${memberHost(host, ordinal)}:${ports.client}`);
  }
}
