import { expect } from 'chai';
import { rules } from '../../api/rules/index.js';
import { ApiError, resources } from '../../kube/index.js';
import { controlPlane, type ControlPlane } from '../support/control-plane.js';
import { golden, sortedCauses } from '../support/golden.js';
import { rows, type Row } from '../unit/api/rows/index.js';

const inCRD = new Set(rules.flatMap((rule) => ('cel' in rule && rule.cel ? [rule.id] : [])));

/**
 * A refusal without what differs between webhook and CRD: the value that was sent (the API server shows the type of the node that the rule
 * stands on) and the nearest valid one where CEL cannot work it out. The golden files have both in full.
 */
const bare = (message: string): string =>
  message.replace(/; nearest: [^;]*(?= \(rule )/, '').replace(/^(Invalid value: )("(\\.|[^"\\])*"|-?\d+): /, '$1');

interface Case {
  readonly row: Row;
  readonly name: string;
  readonly namespace: string;
}

/** What is left of the rules when no webhook is there: every row of the rule tables against a real API server. */
describe('admission by the CRD alone', function () {
  this.timeout(60_000);
  let plane: ControlPlane;
  const cases = new Map<Row, Case>();

  before(async function () {
    this.timeout(300_000);
    plane = await controlPlane();
    // Objects from before the rules: the API server would not store all of them now.
    await plane.installCRD('without rules');
    for (const row of Object.values(rows).flat()) {
      const namespace = row.old === undefined ? 'default' : await plane.namespace();
      const known: Case = { row, name: row.name ?? 'orders', namespace };
      cases.set(row, known);
      if (row.old !== undefined) await plane.client.create(resources.etcdClusters, manifest(known, row.old));
    }
    await plane.installCRD();
  });

  const manifest = ({ name, namespace }: Case, spec: unknown) => ({
    apiVersion: 'quorate.dev/v1alpha1',
    kind: 'EtcdCluster',
    metadata: { name, namespace },
    spec,
  });

  /** Sends the row as a dry run: the causes of the refusal, none when it is accepted. */
  async function sent(known: Case): Promise<readonly { readonly field: string; readonly message: string }[]> {
    const object = manifest(known, known.row.spec);
    try {
      if (known.row.old === undefined) await plane.client.create(resources.etcdClusters, object, { dryRun: true });
      else await plane.client.mergePatch(resources.etcdClusters, known, replacing(known.row), { dryRun: true });
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.reason === 'BadRequest') return [{ field: 'strict decoding', message: error.message }];
      expect(error.reason, error.message).to.equal('Invalid');
      return error.causes.map(({ field = '', message = '' }) => ({ field, message }));
    }
  }

  for (const [family, table] of Object.entries(rows)) {
    describe(family, () => {
      for (const row of table.filter(({ needsDefaulting }) => needsDefaulting !== true)) {
        const expected = row.causes.filter((cause) => inCRD.has(cause.rule));
        const bySchema = row.causes.some((cause) => cause.rule === 'schema');
        const verdict = bySchema ? 'refused by the schema' : expected.length > 0 ? 'refused by CEL' : 'accepted';
        it(`${row.title}: ${verdict}`, async () => {
          const causes = await sent(cases.get(row) as Case);
          if (bySchema) expect(causes.length).to.be.greaterThan(0);
          else {
            const key = ({ field, message }: { field: string; message: string }) => `${field}: ${message}`;
            // The API server adds a line of its own about what /scale could not show.
            const ours = expected.length === 0 ? causes : causes.filter(({ message }) => message.includes('(rule '));
            expect(ours.map((cause) => key({ ...cause, message: bare(cause.message) })).sort()).to.deep.equal(
              expected.map((cause) => key({ ...cause, message: bare(cause.message) })).sort(),
            );
          }
        });
      }

      it('prints its refusals as they stand in the golden file', async function () {
        this.timeout(180_000);
        const printed: string[] = [];
        for (const row of table.filter(({ causes }) =>
          causes.some(({ rule }) => rule === 'schema' || inCRD.has(rule)),
        )) {
          const known = cases.get(row) as Case;
          const command = row.old === undefined ? 'apply' : 'replace';
          const stdin = JSON.stringify(manifest(known, row.spec));
          const answer = await plane.cluster.kubectl([command, '--dry-run=server', '-f', '-'], { stdin });
          expect(answer.code, `${row.title}: ${answer.stdout}`).to.equal(1);
          printed.push(`# ${row.title}\n$ kubectl ${command} -f -\n${sortedCauses(answer.stderr)}\n`);
        }
        await golden(`crd/${family}.txt`, printed.join('\n').replaceAll(/it-[0-9a-f]{8}/g, 'NAMESPACE'));
      });
    });
  }
});

/** A merge patch that makes the stored spec the one that is sent: what it lacks is removed. */
function replacing({ spec, old }: Row): object {
  const gone = (next: unknown, before: unknown): unknown => {
    if (typeof before !== 'object' || before === null || Array.isArray(before)) return next;
    if (typeof next !== 'object' || next === null || Array.isArray(next)) return next ?? null;
    const keys = new Set([...Object.keys(before), ...Object.keys(next)]);
    const inner = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];
    return Object.fromEntries([...keys].map((key) => [key, gone(inner(next, key), inner(before, key)) ?? null]));
  };
  return { spec: gone(spec, old) };
}
