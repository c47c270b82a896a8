// What runs of an instance, as a table.
import { adminApi } from './control-plane.js';
import { isAlive, recorded } from './processes.js';
import { ownerAlive, planOf, readInstance, whatIsUp, type Instance } from './state.js';

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** Prints a line a process and a line a node. 0 when all that should run runs, 1 otherwise. */
export async function status(name: string, print: (line: string) => void): Promise<number> {
  const instance = readInstance(name);
  if (instance === undefined) {
    print(`${name}: not there (${whatIsUp()})`);
    return 1;
  }
  const phase = instance.phase === 'up' ? 'up' : ownerAlive(instance) ? 'being brought up' : 'left half up';
  print(`${name}: ${phase}, ${instance.nodes} nodes, cert-manager ${instance.certManager ? 'on' : 'off'}`);
  let whole = instance.phase === 'up';
  for (const process of recorded(name)) {
    const alive = isAlive(process);
    const state = alive ? `pid ${process.pid}` : process.stopped === true ? 'stopped' : 'ENDED';
    whole &&= alive || process.stopped === true;
    print(`  ${process.component.padEnd(26)} ${state}`);
  }
  return (await nodes(instance, print)) && whole ? 0 : 1;
}

async function nodes(instance: Instance, print: (line: string) => void): Promise<boolean> {
  const api = adminApi(instance.name, planOf(instance));
  try {
    const list = await api.json<NodeList>('/api/v1/nodes', { timeoutMs: 5000 });
    for (const node of list.items) {
      const ready = node.status.conditions?.find((condition) => condition.type === 'Ready')?.status ?? 'Unknown';
      print(`  ${node.metadata.name.padEnd(26)} Ready=${ready}`);
    }
    return true;
  } catch (error) {
    print(`  the API server does not answer: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    api.close();
  }
}
