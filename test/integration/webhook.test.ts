import { expect } from 'chai';
import { environment } from '../../cmd/environment.js';
import { createApiClient, loadConnection, resources, type ApiError } from '../../kube/index.js';
import { golden } from '../support/golden.js';
import { eventually } from '../support/poll.js';
import { now, rows, type Row } from '../unit/api/rows/index.js';
import { clusterAt as cluster, webhookPlane, type Place, type Plane } from './webhook-plane.js';
import { webhookProcess, type WebhookProcess } from './webhook-process.js';

const refusing = (table: readonly Row[]): readonly Row[] => table.filter(({ causes }) => causes.length > 0);

describe('webhook in front of a real API server', function () {
  this.timeout(120_000);
  let plane: Plane;
  let webhook: WebhookProcess;
  let shop: string;
  const places = new Map<Row, Place>();

  before(async function () {
    this.timeout(600_000);
    plane = await webhookPlane();
    shop = await plane.namespace();
    // Stored as a version before the rules did: today's would not let all of them in.
    await plane.installCRD('without rules');
    for (const row of refusing(Object.values(rows).flat())) await store(row);
    await plane.installCRD('with rules');
    webhook = await webhookProcess(plane.cluster.hostAddress);
    await register();
  });
  after(async () => {
    await webhook?.clear();
    await plane?.cluster.down();
  });

  async function store(row: Row): Promise<void> {
    const place = { namespace: row.old === undefined ? shop : await plane.namespace(), name: row.name ?? 'orders' };
    places.set(row, place);
    if (row.old === undefined) return;
    await plane.works(['create', '-f', '-'], cluster(place, row.old));
    if (row.status !== undefined) await writeStatus(place, recent(row.status));
  }

  async function register(): Promise<void> {
    const { code, text } = await kubectl(['apply', '--server-side', '-f', '-'], webhook.configurations);
    expect(code, text).to.equal(0);
    // The API server follows a configuration a moment after it took it in.
    await eventually('both webhooks are asked', 30_000, async () => {
      const said = await kubectl(['apply', '--dry-run=server', '-f', '-'], cluster(at('probe'), { size: 1 }));
      const asked = webhook.log.filter((line) => line.msg === 'review').map((line) => line.webhook);
      const isAsked = asked.includes('mutate') && asked.includes('validate');
      return isAsked ? { done: true, value: said } : { done: false, seen: said };
    });
  }

  const at = (name: string): Place => ({ namespace: shop, name });
  const named = (name: string): string[] => ['-n', shop, 'etcdcluster', name];

  const kubectl: Plane['kubectl'] = (args, object) => plane.kubectl(args, object);
  const works: Plane['works'] = (args, object) => plane.works(args, object);
  const apply = (name: string, spec: object): Promise<string> => works(['apply', '-f', '-'], cluster(at(name), spec));
  async function read(name: string): Promise<StoredCluster> {
    return JSON.parse(await works(['get', ...named(name), '-o', 'json'])) as StoredCluster;
  }
  const patch = (name: string, change: object): Promise<string> =>
    works(['patch', ...named(name), '--type=merge', '-p', JSON.stringify(change)]);
  const writeStatus = ({ namespace, name }: Place, status: unknown): Promise<string> =>
    works([
      ...['-n', namespace, 'patch', 'etcdcluster', name, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ]);
  /**
   * Reviews logged so far, each by the object it was about. Lines come through a pipe, a moment late: once those of a review that was asked
   * for last are there, so are all before them.
   */
  async function reviews(marker: string): Promise<readonly unknown[]> {
    await works(['create', '--dry-run=server', '-f', '-'], cluster(at(marker), { size: 1 }));
    return eventually(`the reviews of ${marker}`, 10_000, async () => {
      const seen = webhook.log.filter((line) => line.msg === 'review').map((line) => String(line.object).split('/')[1]);
      return seen.filter((name) => name === marker).length === 2
        ? { done: true, value: seen }
        : { done: false, seen: seen.slice(-5) };
    });
  }

  for (const [family, table] of Object.entries(rows)) {
    describe(`refusals as kubectl prints them: ${family}`, () => {
      const printed: string[] = [];
      for (const row of refusing(table)) {
        it(row.title, async () => {
          const object = cluster(places.get(row) as Place, row.spec);
          const verb = row.old === undefined ? 'apply' : 'replace';
          const { code, text } = await kubectl([verb, '--dry-run=server', '-f', '-'], object);
          printed.push(`# ${row.title}\n${text}`);
          expect(code, text).to.equal(1);
          // Fields that the schema does not know are refused before any webhook is asked.
          if (!text.includes('strict decoding error')) expect(text).to.equal(expectedText(row));
        });
      }
      if (refusing(table).length > 0) {
        it('stand so in the golden file', () => golden(`webhook/${family}.txt`, printed.join('\n')));
      }
    });
  }

  describe('a session', () => {
    it('tells those who read the message alone all causes too', async () => {
      const { clock, random } = environment;
      const connection = await loadConnection({ kubeconfig: plane.cluster.kubeconfig, clock });
      const client = createApiClient({ ...connection, clock, random });
      const object = cluster(at('two'), { size: 4, version: 'v3.6.1' });
      const error = await client.create(resources.etcdClusters, object, { dryRun: true }).then(
        () => new Error('it was accepted'),
        (reason: unknown) => reason as ApiError,
      );
      client.close();
      expect(error).to.include({ status: 422, reason: 'Invalid' });
      await golden('webhook/message.txt', `${error.message.replaceAll(shop, 'NAMESPACE')}\n`);
    });

    it('lets a good object in with its defaults filled, and warns of what will be done', async () => {
      expect(await apply('orders', { size: 3 })).to.contain('etcdcluster.quorate.dev/orders created');
      const { spec } = await read('orders');
      expect(spec)
        .to.have.nested.property('version')
        .that.matches(/^3\.\d+\.\d+$/);
      expect(spec).to.have.nested.property('probes.readiness.tcpSocket');
      expect(spec).to.have.nested.property('tls.client.operator.duration', '2160h');
      await golden('webhook/grown.txt', await apply('orders', { size: 5 }));
      expect(await apply('orders', { size: 5 })).to.equal('etcdcluster.quorate.dev/orders unchanged\n');
    });

    it('changes nothing when the same is applied again and again, by whatever manager and in whatever way', async () => {
      const object = cluster(at('steady'), { size: 3, options: { backendQuota: '1Gi' } });
      const ways = [
        ['apply', '--server-side', '--field-manager=flux', '-f', '-'],
        ['apply', '--server-side', '--field-manager=argo', '-f', '-'],
        ['apply', '--server-side', '--field-manager=flux', '--force-conflicts', '-f', '-'],
      ];
      for (const way of ways) await works(way, object);
      const before = await read('steady');
      for (let round = 0; round < 9; round++) await works(ways[round % ways.length] ?? [], object);
      expect(await read('steady')).to.deep.equal(before);
      expect(before.metadata.generation).to.equal(1);
    });

    it('derives anew what depends on a field that changes', async () => {
      const way = ['apply', '--server-side', '--field-manager=flux', '--force-conflicts', '-f', '-'];
      await works(way, cluster(at('steady'), { size: 1, options: { backendQuota: '1Gi' } }));
      const { spec, metadata } = await read('steady');
      expect(metadata.generation).to.equal(2);
      expect(spec).to.have.nested.property('probes.readiness.exec');
    });

    it('kubectl scale: 2 is refused, 3 works', async () => {
      const scale = (replicas: number) => kubectl(['scale', ...named('steady'), `--replicas=${replicas}`]);
      const refused = await scale(2);
      expect(refused.code).to.equal(1);
      await golden('webhook/scale-2.txt', refused.text);
      expect(await scale(3)).to.deep.equal({ code: 0, text: 'etcdcluster.quorate.dev/steady scaled\n' });
      expect((await read('steady')).spec).to.have.property('size', 3);
    });

    it('refuses the deletion of a protected cluster, by name and with all others', async () => {
      await apply('kept', { size: 1, deletionProtection: 'Enabled' });
      const refused = await kubectl(['delete', ...named('kept')]);
      expect(refused.code).to.equal(1);
      await golden('webhook/delete-protected.txt', refused.text);
      expect((await kubectl(['-n', shop, 'delete', 'etcdcluster', '--all', '--dry-run=server'])).code).to.equal(1);
      await apply('kept', { size: 1, deletionProtection: 'Disabled' });
      await works(['delete', ...named('kept')]);
    });

    it('is not asked about status and finalizers, nor about what is being deleted', async () => {
      const before = await reviews('before');
      await patch('steady', { metadata: { finalizers: ['quorate.dev/test'] } });
      await writeStatus(at('steady'), { phase: 'Running' });
      await works(['delete', ...named('steady'), '--wait=false']);
      await patch('steady', { metadata: { labels: { seen: 'yes' } } });
      await patch('steady', { metadata: { finalizers: null } });
      expect((await reviews('after')).slice(before.length)).to.deep.equal(['after', 'after']);
      expect((await kubectl(['get', ...named('steady')])).text).to.contain('NotFound');
    });

    it('logs each request with who asked, and which rules refused', () => {
      const line = webhook.log.find(
        ({ rules }) => Array.isArray(rules) && rules.length === 2 && rules.includes('size-odd'),
      );
      expect(line).to.include({ webhook: 'mutate', operation: 'CREATE', resource: 'etcdclusters', allowed: false });
      expect(line?.user).to.be.a('string').that.is.not.empty;
    });

    it('gone: no spec passes, but status, finalizers, scale and the deletion of unprotected clusters go on', async () => {
      await apply('left', { size: 1 });
      expect(await webhook.stop()).to.equal(0);

      const refused = await kubectl(['apply', '-f', '-'], cluster(at('new'), { size: 1 }));
      expect(refused.code).to.equal(1);
      expect(refused.text).to.contain('failed calling webhook "mutate.etcdclusters.quorate.dev"');
      expect((await kubectl(['apply', '-f', '-'], cluster(at('left'), { size: 3 }))).code).to.equal(1);

      await writeStatus(at('left'), { phase: 'Running' });
      await patch('left', { metadata: { finalizers: ['quorate.dev/test'] } });
      await works(['scale', ...named('left'), '--replicas=3']);
      await works(['delete', ...named('left'), '--wait=false']);
      await patch('left', { metadata: { finalizers: null } });

      await webhook.restart();
      await apply('new', { size: 1 });
    });
  });
});

interface StoredCluster {
  readonly metadata: { readonly generation: number; readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** As kubectl words an invalid object: one cause on the same line, several one a line. */
function expectedText({ causes, name = 'orders' }: Row): string {
  const lines = causes.map(({ field, message }) => `${field}: ${message}`);
  const shown = lines.length === 1 ? ` ${lines[0]}` : ` \n${lines.map((line) => `* ${line}`).join('\n')}`;
  return `The EtcdCluster "${name}" is invalid:${shown}\n`;
}

/** The rows' times are relative to a fixed moment; the API server and the webhook live now. */
function recent(status: unknown): unknown {
  const shift = Date.now() - now;
  return JSON.parse(JSON.stringify(status), (_key, value: unknown) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
      ? new Date(Date.parse(value) + shift).toISOString()
      : value,
  );
}
