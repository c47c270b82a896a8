import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { up, type Cluster } from '../localkube/index.js';
import { withoutRules } from '../support/control-plane.js';
import { eventually } from '../support/poll.js';

export interface Said {
  readonly code: number;
  readonly text: string;
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Plane {
  readonly cluster: Cluster;
  /** A new, empty namespace's name. */
  namespace(): Promise<string>;
  /** What kubectl said, as a terminal would show it, whatever the namespace is called in this run. */
  kubectl(args: readonly string[], object?: unknown): Promise<Said>;
  /** The same, when it must work; gives what was said. */
  works(args: readonly string[], object?: unknown): Promise<string>;
  installCRD(rules: 'with rules' | 'without rules'): Promise<void>;
}

/** An API server of this suite's own: with its webhooks gone, nothing of ours can be written on it. */
export async function webhookPlane(): Promise<Plane> {
  const cluster = await up({ name: 'admission', controlPlaneOnly: true, fresh: true });

  async function kubectl(args: readonly string[], object?: unknown): Promise<Said> {
    // JSON, not YAML: kubectl reads a bare `yes` or `y` as a boolean, the writer's library does not know that.
    const stdin = object === undefined ? {} : { stdin: typeof object === 'string' ? object : JSON.stringify(object) };
    const { code, stdout, stderr } = await cluster.kubectl(args, stdin);
    return { code, text: `${stderr}${stdout}`.replaceAll(/shop-[0-9a-f]{8}/g, 'NAMESPACE') };
  }
  async function works(args: readonly string[], object?: unknown): Promise<string> {
    const { code, text } = await kubectl(args, object);
    expect(code, text).to.equal(0);
    return text;
  }

  return {
    cluster,
    kubectl,
    works,
    async namespace() {
      const name = `shop-${randomBytes(4).toString('hex')}`;
      await works(['create', 'namespace', name]);
      return name;
    },
    async installCRD(rules) {
      const definition: unknown = parse(readFileSync('config/crd/quorate.dev_etcdclusters.yaml', 'utf8'));
      const text = stringify(rules === 'with rules' ? definition : withoutRules(definition));
      await works(['apply', '--server-side', '--force-conflicts', '-f', '-'], text);
      // Whoever serves a CRD is replaced some time after it was stored: only a judged object tells.
      const bad = clusterAt({ namespace: 'default', name: 'judged' }, { size: 4 });
      await eventually(`the CRD ${rules} is served`, 60_000, async () => {
        const said = await kubectl(['create', '--dry-run=server', '-f', '-'], bad);
        const isServed = rules === 'with rules' ? said.text.includes('size-odd') : said.code === 0;
        return isServed ? { done: true, value: said } : { done: false, seen: said };
      });
    },
  };
}

export function clusterAt({ namespace, name }: Place, spec: unknown) {
  return { apiVersion: 'quorate.dev/v1alpha1', kind: 'EtcdCluster', metadata: { namespace, name }, spec };
}
