/**
 * Real etcd processes on loopback addresses of this machine: each member has an address of its own, so that all listen
 * on etcd's real ports and several suites run side by side. The configuration file is the product's own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ports } from '../../api/names.js';
import { environment } from '../../cmd/environment.js';
import {
  createMemberClient,
  peerURL,
  renderMemberFile,
  type MemberClient,
  type MemberFileInput,
  type MemberFileState,
  type MemberPeer,
  type PeerTarget,
} from '../../etcd/index.js';
import { binary, etcdVersions } from '../localkube/index.js';
import { issueCertificates, type BedCertificates } from './etcd-certificates.js';
import { eventually } from './poll.js';

/** The etcd releases that tests run on, oldest first. */
export const versions: readonly string[] = etcdVersions.map(({ version }) => version);

/** The release of a minor, "3.6", that tests run on. */
export function newest(minor: string): string {
  const found = versions.findLast((version) => version.startsWith(`${minor}.`));
  if (found === undefined) throw new Error(`no etcd ${minor} among ${versions.join(', ')}`);
  return found;
}

/** Builds what is not in the cache yet: to be called in a `before` that allows for it. */
export function binaryOf(version: string): Promise<string> {
  const found = etcdVersions.find((each) => each.version === version);
  if (found === undefined) throw new Error(`etcd ${version} is not among ${versions.join(', ')}`);
  return binary(found.group, 'etcd');
}

let issued = 0;

/** 127.x.y.z, another one each time, and others in another process of this machine. */
export function loopbackAddress(): string {
  const { pid } = process;
  const [high, low] = [Math.floor(issued / 250), issued % 250];
  issued += 1;
  return `127.${20 + (pid % 200)}.${(Math.floor(pid / 200) + 50 * high) % 250}.${2 + low}`;
}

// A new leader in half a second and not in two: nearly every test waits for elections.
const quickElections = { heartbeatInterval: '50ms', electionTimeout: '500ms' } as const;

export interface BedOptions {
  readonly version: string;
  readonly size: number;
  readonly tls?: boolean;
  /** etcd's own defaults are `{}`; unless said, elections are quick. */
  readonly options?: MemberFileInput['options'];
}

/** Members of one cluster to be, their folders and certificates. */
export interface Bed {
  readonly version: string;
  readonly certificates: BedCertificates | undefined;
  readonly members: readonly EtcdMember[];
  /** The member of this ordinal. */
  member(ordinal: number): EtcdMember;
  /** Starts the first `size` members (all unless said) as a new cluster; resolves when each serves. */
  boot(size?: number): Promise<void>;
  /** Kills what runs and removes every file. */
  dispose(): Promise<void>;
}

export async function createBed({ version, size, tls = true, options = quickElections }: BedOptions): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), `quorate-etcd-${version}-`));
  const hosts = Array.from({ length: size }, loopbackAddress);
  // Connections between loopback addresses come from 127.0.0.1, which the peer SAN check of etcd then wants to find.
  const named = { dnsNames: hosts.map((_, ordinal) => serverNameOf(ordinal)), ipAddresses: [...hosts, '127.0.0.1'] };
  const certificates = tls ? await issueCertificates(folder, named) : undefined;
  const program = await binaryOf(version);
  const members = hosts.map(
    (host, ordinal) => new EtcdMember({ version, program, folder, host, ordinal, certificates, options }),
  );
  return {
    version,
    certificates,
    members,
    member(ordinal) {
      const member = members[ordinal];
      if (member === undefined) throw new Error(`the bed has no member ${ordinal}`);
      return member;
    },
    async boot(first = size) {
      const born = members.slice(0, first);
      const initialCluster = born.map(({ peer }) => peer);
      for (const member of born) await member.write({ kind: 'new', initialCluster });
      await Promise.all(born.map((member) => member.start()));
      for (const member of born) await member.serving();
    },
    async dispose() {
      await Promise.all(members.map((member) => member.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface MemberPlace extends Omit<BedOptions, 'size' | 'tls'> {
  readonly program: string;
  readonly folder: string;
  readonly host: string;
  readonly ordinal: number;
  readonly certificates: BedCertificates | undefined;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class EtcdMember {
  readonly name: string;
  readonly host: string;
  readonly peer: MemberPeer;
  /** A DNS name in the member's certificates. */
  readonly serverName: string;
  /** Written into the file at the next `write`. */
  dataDirectory: string;
  readonly #clients: MemberClient[] = [];
  #child: ChildProcess | undefined;

  constructor(private readonly place: MemberPlace) {
    const { host, ordinal, folder, certificates } = place;
    this.host = host;
    this.name = `m${ordinal}`;
    this.serverName = serverNameOf(ordinal);
    this.peer = { name: this.name, peerURL: peerURL(host, certificates !== undefined) };
    this.dataDirectory = join(folder, this.name, 'data');
  }

  get configFile(): string {
    return join(this.place.folder, `${this.name}.yaml`);
  }
  get clientAddress(): string {
    return `${this.host}:${ports.client}`;
  }
  /** As the operator asks it on its peer port. */
  get peerTarget(): PeerTarget {
    const tls = this.place.certificates?.peer;
    return { address: `${this.host}:${ports.peer}`, serverName: this.serverName, tls, deadlineMs: 2000, environment };
  }

  /** Writes the configuration file, as the product renders it. */
  async write(state: MemberFileState, changed: Partial<MemberFileInput> = {}): Promise<void> {
    const { certificates, options = {}, version, host } = this.place;
    const text = renderMemberFile({
      version,
      name: this.name,
      dataDirectory: this.dataDirectory,
      host,
      listenHost: host,
      token: 'test',
      state,
      tls: { client: certificates?.clientPaths, peer: certificates?.peerPaths },
      options,
      ...changed,
    });
    await writeFile(this.configFile, text);
  }

  async start(): Promise<void> {
    await mkdir(join(this.place.folder, this.name), { recursive: true });
    const log = openSync(this.#logFile, 'w');
    const child = spawn(this.place.program, [`--config-file=${this.configFile}`], { stdio: ['ignore', log, log] });
    closeSync(log);
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#child = child;
    await once(child, 'spawn');
  }

  /** Resolves when it is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || isGone(child)) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  }

  /** Holds the process still; resolves when the kernel says that it is (a signal takes its time). */
  async pause(): Promise<void> {
    const child = this.#child;
    child?.kill('SIGSTOP');
    const look = async () => {
      const state = readFileSync(`/proc/${child?.pid ?? 0}/stat`, 'utf8').split(') ')[1]?.[0];
      return state === 'T' ? ({ done: true, value: state } as const) : ({ done: false, seen: state } as const);
    };
    await eventually(`${this.name} is held still`, 5000, look, 5);
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Its exit code, once it has ended by itself. */
  exited(deadlineMs = 10_000): Promise<number | null> {
    const look = async () => {
      const child = this.#child;
      return child !== undefined && isGone(child)
        ? ({ done: true, value: child.exitCode } as const)
        : ({ done: false, seen: lastLines(this.log()) } as const);
    };
    return eventually(`${this.name} ends by itself`, deadlineMs, look, 20);
  }

  /** An emptied disk. */
  async wipe(): Promise<void> {
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  /** What this run of the process has written. */
  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '';
  }

  get #logFile(): string {
    return join(this.place.folder, `${this.name}.log`);
  }

  /** A new client of this member, closed with the bed. */
  client(tls = this.place.certificates?.client, deadlineMs = 2000): MemberClient {
    const { clientAddress: address, serverName } = this;
    const client = createMemberClient({ address, serverName, tls, deadlineMs, environment });
    this.#clients.push(client);
    return client;
  }

  /** Waits until a linearizable read goes through this member. */
  async serving(deadlineMs = 20_000): Promise<void> {
    const client = this.client(undefined, 1000);
    const read = async () => {
      try {
        return { done: true, value: await client.linearizableRead() } as const;
      } catch (error) {
        return { done: false, seen: `${String(error)}\n${lastLines(this.log())}` } as const;
      }
    };
    await eventually(`${this.name} serves`, deadlineMs, read, 50);
    client.close();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.stop('SIGKILL');
  }
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function lastLines(log: string): string {
  return log.trimEnd().split('\n').slice(-3).join('\n');
}

function serverNameOf(ordinal: number): string {
  return `m${ordinal}.etcd.test`;
}
