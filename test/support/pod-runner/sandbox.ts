import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Addresses, PodNetwork } from './network.js';

const run = promisify(execFile);

/** A network namespace with an address of its own, alive as long as its holder process: when that ends, nothing of it is left. */
export interface Sandbox {
  readonly ip: string;
  /** Enter with `nsenter --net=/proc/<pid>/ns/net`. */
  readonly pid: number;
  /** The plug: the pod's end of the cable stays as it is. */
  plug(state: 'up' | 'down'): Promise<void>;
  close(): Promise<void>;
}

// The holder configures its own end once the cable is there, and then waits for its stdin to close: no command outlives the runner.
const holder = `echo made
read address gateway
ip -batch - <<END
link set lo up
address add $address/18 dev eth0
link set eth0 up
route add default via $gateway
END
echo ready
read end
`;

/** Keeps some sandboxes ready, because making one costs a pod's start more than all else. */
export class Sandboxes {
  private readonly ready: Promise<Sandbox>[] = [];
  private readonly making = new Set<Promise<Sandbox>>();
  private readonly cables = new Set<string>();
  private count = 0;
  private isClosed = false;

  constructor(
    private readonly network: PodNetwork,
    private readonly addresses: Addresses,
    private readonly spare = 3,
  ) {
    this.refill();
  }

  take(): Promise<Sandbox> {
    const sandbox = this.ready.shift() ?? this.make();
    // After the pod's own start, not beside it.
    setTimeout(() => this.refill(), 150);
    return sandbox;
  }

  /** No more of them, and none left: the kernel would take the cables away too, but only a while after the last process. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.making);
    await Promise.all([...this.cables].map((cable) => unplug(cable)));
  }

  private refill(): void {
    while (!this.isClosed && this.ready.length < this.spare) {
      const sandbox = this.make();
      sandbox.catch(() => undefined);
      this.ready.push(sandbox);
    }
  }

  private make(): Promise<Sandbox> {
    if (this.isClosed) return Promise.reject(new Error('no more sandboxes: the runner is ending'));
    const sandbox = this.build();
    this.making.add(sandbox);
    const done = (): void => void this.making.delete(sandbox);
    sandbox.then(done, done);
    return sandbox;
  }

  private async build(): Promise<Sandbox> {
    const cable = `pod${this.count++}`;
    const { bridge, gateway } = this.network;
    const ip = this.addresses.take();
    const child = spawn('unshare', ['--net', 'sh', '-c', holder], { stdio: ['pipe', 'pipe', 'inherit'] });
    await line(child, 'made');
    const pid = child.pid ?? 0;
    await run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
    this.cables.add(cable);
    await run('ip', ['link', 'set', cable, 'master', bridge, 'up']);
    child.stdin?.write(`${ip} ${gateway}\n`);
    await line(child, 'ready');
    return {
      ip,
      pid,
      plug: async (state) => void (await run('ip', ['link', 'set', cable, state])),
      close: async () => {
        const gone = once(child, 'exit');
        child.stdin?.end();
        await gone;
        await unplug(cable);
        this.cables.delete(cable);
        this.addresses.release(ip);
      },
    };
  }
}

/** It may be gone already, with its namespace. */
async function unplug(cable: string): Promise<void> {
  await run('ip', ['link', 'delete', cable]).catch(() => undefined);
}

async function line(child: ChildProcess, expected: string): Promise<void> {
  if (child.stdout === null) throw new Error('a sandbox needs its output');
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`a sandbox ended before it was ${expected}`)));
  const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  if (said.toString().trim() !== expected) throw new Error(`a sandbox said ${said.toString()}, not ${expected}`);
}
