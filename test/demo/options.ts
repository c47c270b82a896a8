import { parseArgs } from 'node:util';

export interface Options {
  /** Of the local cluster. */
  readonly name: string;
  /** Of an existing cluster's kubeconfig context; absent: a local cluster. */
  readonly context: string | undefined;
  readonly downAfter: boolean;
}

export const usage = `Usage: npm run demo [-- OPTIONS]

Shows what Quorate does, on a real three-node Kubernetes that it sets up on this machine: a bad spec refused, a cluster created,
grown, shrunk, stopped and woken under a writer, every acknowledged key read back. The first run builds Kubernetes and etcd
from source, which takes a while; later runs take about a minute or two. Ctrl-C takes everything down again.

  --name NAME       of the local cluster (default demo)
  --context NAME    use the cluster of this kubeconfig context instead: cert-manager installed, and the image where it pulls from.
                    Only the namespace quorate-demo is removed afterwards; the operator stays
  --down-after      take the local cluster down when the demo has ended, however it ended
  --help            this text

Needs root, Debian, Go and Node; with --context NAME only Node and kubectl.
`;

export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      name: { type: 'string', default: 'demo' },
      context: { type: 'string' },
      'down-after': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return { name: values.name, context: values.context, downAfter: values['down-after'] };
}
