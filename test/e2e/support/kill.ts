/** Ends a member as a failing machine does: at once. Nodes of localkube share this machine's process table. */
import { readdirSync, readFileSync } from 'node:fs';

/** SIGKILL for the etcd of a pod; gives how many processes that were. */
export function killEtcd(podUID: string): number {
  const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isEtcdOf(podUID, pid));
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
  return pids.length;
}

function isEtcdOf(podUID: string, pid: string): boolean {
  try {
    const [command = '', group = ''] = ['cmdline', 'cgroup'].map((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8'),
    );
    // A driver of control groups may write the UID with underscores.
    return command.startsWith('/usr/local/bin/etcd\0') && group.replaceAll('_', '-').includes(podUID);
  } catch {
    return false;
  }
}
