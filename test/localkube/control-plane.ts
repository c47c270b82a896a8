// Starts the control plane of an instance: etcd, API server, controller manager, scheduler, CoreDNS.
import { Resolver } from 'node:dns/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from './api.js';
import * as config from './control-plane-config.js';
import { kubeconfigOf } from './kubeconfig.js';
import { startTool, whileAlive, type Making } from './making.js';
import type { NetworkPlan } from './network-plan.js';
import { dataDir, stateDir } from './paths.js';
import { writePki } from './pki.js';
import type { Recorded } from './processes.js';

export const pkiDir = (name: string): string => join(stateDir(name), 'pki');
export const kubeconfigsDir = (name: string): string => join(stateDir(name), 'kubeconfigs');
export const auditLogPath = (name: string): string => join(dataDir(name), 'audit.log');
export const serverUrl = (plan: NetworkPlan): string => `https://${plan.controlPlane}:6443`;

const context = (name: string): string => `localkube-${name}`;

function places(name: string): config.Places {
  return {
    pki: pkiDir(name),
    kubeconfigs: kubeconfigsDir(name),
    etcdData: join(dataDir(name), 'etcd'),
    auditLog: auditLogPath(name),
    auditPolicy: join(stateDir(name), 'audit-policy.json'),
    corefile: join(stateDir(name), 'Corefile'),
    flexVolumes: join(stateDir(name), 'flex-volumes'),
  };
}

export function adminApi(name: string, plan: NetworkPlan): Api {
  const pki = pkiDir(name);
  return new Api({
    server: serverUrl(plan),
    ca: join(pki, 'ca.crt'),
    cert: join(pki, 'admin.crt'),
    key: join(pki, 'admin.key'),
  });
}

/** Certificates, kubeconfigs and settings: everything on disk that the processes read. */
export async function writeFiles({ name, plan }: Making): Promise<void> {
  writePki(pkiDir(name), plan);
  mkdirSync(kubeconfigsDir(name), { recursive: true });
  mkdirSync(dataDir(name), { recursive: true });
  const users = ['admin', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'coredns', 'cert-manager'];
  for (const user of [...users, ...plan.nodes.map((node) => node.name)]) {
    const text = kubeconfigOf(pkiDir(name), user, serverUrl(plan), context(name));
    writeFileSync(join(kubeconfigsDir(name), user), text, { mode: 0o600 });
  }
  const at = places(name);
  writeFileSync(at.auditPolicy, config.auditPolicy());
  writeFileSync(at.auditLog, '');
  writeFileSync(at.corefile, config.corefile(at));
}

/** Ready is: the API serves, the controllers have made the default service account, DNS answers for the API itself. */
export async function startControlPlane(making: Making): Promise<void> {
  const { name, plan } = making;
  const at = places(name);
  const daemon = (tool: string, group: string, args: readonly string[]): Promise<Recorded> =>
    startTool(making, { component: tool, group, tool, args, netns: plan.netns });
  await daemon('etcd', 'etcd-3.6', config.etcdArguments(at));
  const apiServer = await daemon('kube-apiserver', 'kubernetes', config.apiServerArguments(plan, at));
  const api = adminApi(name, plan);
  await whileAlive(making, apiServer, 'ready', async () => {
    await api.text('/readyz', { timeoutMs: 2000 });
  });
  const controllers = await daemon(
    'kube-controller-manager',
    'kubernetes',
    config.controllerManagerArguments(plan, at),
  );
  const dns = await daemon('coredns', 'coredns', ['-conf', at.corefile]);
  await daemon('kube-scheduler', 'kubernetes', config.schedulerArguments(at));
  await whileAlive(making, controllers, 'service accounts made', async () => {
    await api.text('/api/v1/namespaces/default/serviceaccounts/default');
  });
  await whileAlive(making, dns, 'answering', () => lookUp(plan.controlPlane, 'kubernetes.default.svc.cluster.local'));
  api.close();
}

async function lookUp(server: string, host: string): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([server]);
  await resolver.resolve4(host);
}
