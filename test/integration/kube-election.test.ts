import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { resources, type ApiClient } from '../../kube/index.js';
import { nodeCommand, start } from '../support/node-process.js';
import { eventually } from '../support/poll.js';
import { apiServer, type ApiServer } from '../unit/kube/support/api-server.js';

interface Line {
  readonly at: number;
  readonly leads: boolean;
  readonly outcome?: string;
}

interface Contender {
  readonly identity: string;
  readonly process: ChildProcess;
  readonly lines: Line[];
}

const command = nodeCommand(import.meta.url, '../unit/kube/support/elector-process');

describe('kube against a real API server: election among processes', function () {
  this.timeout(60_000);
  let server: ApiServer;
  let client: ApiClient;
  let namespace: string;
  let contenders: Contender[];

  before(async function () {
    this.timeout(300_000);
    server = await apiServer();
    client = server.client();
  });
  beforeEach(async () => {
    namespace = await server.namespace();
    contenders = [];
  });
  afterEach(async () => {
    for (const { process: child } of contenders) {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    }
  });
  after(() => client?.close());

  function contend(identity: string): Contender {
    const { server: url, caFile, adminCert, adminKey } = server.cluster;
    const child = start([...command, url, namespace, identity, caFile, adminCert, adminKey], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: Line[] = [];
    if (child.stdout === null) throw new Error('no output');
    createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line));
    const contender = { identity, process: child, lines };
    contenders.push(contender);
    return contender;
  }
  const until = (what: string, { lines }: Contender, holds: (line: Line | undefined) => boolean) =>
    eventually(
      what,
      30_000,
      async () =>
        holds(lines.at(-1)) ? { done: true, value: lines.at(-1) as Line } : { done: false, seen: lines.at(-1) },
      50,
    );
  const leads = (line: Line | undefined): boolean => line?.leads === true;
  const speaks = (line: Line | undefined): boolean => line !== undefined;
  const leaseOf = () => client.get(resources.leases, { namespace, name: 'contended' });
  /** When a contender said that it leads. */
  const reign = ({ lines }: Contender): { from: number; to: number } => {
    const times = lines.filter(leads).map(({ at }) => at);
    return { from: Math.min(...times), to: Math.max(...times) };
  };

  /** The leader and the one that waits. */
  async function both(): Promise<[Contender, Contender]> {
    const [one, other] = [contend('one'), contend('other')];
    await Promise.all([until('one is there', one, speaks), until('the other is there', other, speaks)]);
    return eventually(
      'one of them leads',
      30_000,
      async () => {
        if (leads(one.lines.at(-1))) return { done: true, value: [one, other] };
        if (leads(other.lines.at(-1))) return { done: true, value: [other, one] };
        return { done: false, seen: 'neither' };
      },
      50,
    );
  }

  it('passes to the other when the leader is killed, no sooner than its lease allows', async () => {
    const [first, second] = await both();
    first.process.kill('SIGKILL');
    await until('the second leads', second, leads);
    const gap = reign(second).from - reign(first).to;
    expect(gap, 'milliseconds without a leader').to.be.at.least(2000);
    expect(await leaseOf()).to.have.nested.property('spec.holderIdentity', second.identity);
    expect(await leaseOf()).to.have.nested.property('spec.leaseTransitions', 1);
  });

  it('passes at once when the leader leaves', async () => {
    const [first, second] = await both();
    first.process.kill('SIGTERM');
    expect((await until('the first is out', first, (line) => line?.outcome !== undefined)).outcome).to.equal(
      'released',
    );
    await until('the second leads', second, leads);
    expect(reign(second).from - reign(first).to, 'milliseconds without a leader').to.be.within(0, 2999);
  });

  it('is lost to a leader that was stopped for longer than its lease, before it says anything again', async () => {
    const [first, second] = await both();
    first.process.kill('SIGSTOP');
    await until('the second leads', second, leads);
    first.process.kill('SIGCONT');
    expect((await until('the first is out', first, (line) => line?.outcome !== undefined)).outcome).to.equal('lost');
    expect(reign(first).to, 'the last claim of the first').to.be.below(reign(second).from);
    expect(await leaseOf()).to.have.nested.property('spec.holderIdentity', second.identity);
  });
});
