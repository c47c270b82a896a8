/** What passes between a runner's handle and its process. */
import type { ApiAccess } from '../api.js';

export interface RunnerConfig extends ApiAccess {
  /** Folder of everything it writes: disks, roots, logs. */
  readonly work: string;
  /** Only pods with this label. */
  readonly podSelector: string;
  /** Image tag ("v3.6.16") → folder with etcd, etcdctl and etcdutl. */
  readonly images: Readonly<Record<string, string>>;
  readonly domain: string;
  /** How late a changed file is shown to a pod that nothing else changed on. */
  readonly filesDelayMs: number;
  /** Before the second restart of a container; then doubled. */
  readonly backoffMs: number;
  /** For Service addresses: path of kube-proxy and of its kubeconfig. */
  readonly proxy?: { readonly binary: string; readonly kubeconfig: string };
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** What a pod's container is doing, for tests. */
export interface PodState extends PodName {
  readonly uid: string;
  readonly ip: string | undefined;
  /** The running process, as the pod's own pid namespace numbers it. */
  readonly isRunning: boolean;
  readonly restarts: number;
  /** Of all its runs, oldest first. */
  readonly logs: readonly string[];
  /** Milliseconds from the runner's first sight of the pod to the process's start. */
  readonly startMs: number | undefined;
}

export type Call =
  | { readonly do: 'disk'; readonly pod: PodName }
  | { readonly do: 'hold'; readonly pod: PodName }
  | { readonly do: 'release'; readonly pod: PodName }
  | { readonly do: 'kill'; readonly pod: PodName; readonly signal: NodeJS.Signals }
  | { readonly do: 'plug'; readonly pod: PodName; readonly state: 'up' | 'down' }
  | { readonly do: 'pods'; readonly namespace: string }
  | { readonly do: 'stop' };

export interface Request {
  readonly id: number;
  readonly call: Call;
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
