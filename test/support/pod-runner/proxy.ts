import { spawn } from 'node:child_process';
import type { RunnerConfig } from './protocol.js';

/**
 * The real kube-proxy, in the control plane's network namespace, so that Service addresses work there and, through their gateway, in pods.
 * Everything is masqueraded: a Service's endpoint beside the client on one bridge would else answer it directly, unrecognised.
 */
export function startProxy({ binary, kubeconfig }: NonNullable<RunnerConfig['proxy']>, node: string): void {
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${node}`,
    '--proxy-mode=iptables',
    '--masquerade-all=true',
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0s',
    '--conntrack-tcp-timeout-close-wait=0s',
    '--healthz-bind-address=127.0.0.1:10256',
    '--metrics-bind-address=127.0.0.1:10249',
    '--v=0',
  ];
  const child = spawn(binary, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  child.on('exit', (code) => process.stderr.write(`kube-proxy ended with ${code}: ${said}\n`));
}
