import { pause } from '../poll.js';
import { absent, type Api } from '../api.js';
import type { Exit } from './container.js';
import { statusOf, type Stage } from './status.js';
import type { Pod } from './types.js';

/** Writes a pod's status, one patch at a time, always the newest: what changed meanwhile is told by the next. */
export class StatusWriter {
  restarts = 0;
  podIP: string | undefined;
  last: Exit | undefined;
  private readonly since = new Date();
  private stage: Stage | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly api: Api,
    private readonly pod: () => Pod,
    private readonly hostIP: string,
    private readonly log: (line: string) => void,
  ) {}

  show(stage: Stage): void {
    this.stage = stage;
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  /** Resolves when the newest is written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    for (let tries = 0; this.stage !== undefined && tries < 20;) {
      const stage = this.stage;
      this.stage = undefined;
      try {
        await this.patch(stage);
      } catch (error) {
        this.log(`status of ${this.pod().metadata.name}: ${String(error)}`);
        this.stage ??= stage;
        tries += 1;
        await pause(250);
      }
    }
  }

  private async patch(stage: Stage): Promise<void> {
    const pod = this.pod();
    const { namespace, name, uid } = pod.metadata;
    const [container] = pod.spec.containers;
    if (container === undefined) return;
    const { restarts, podIP, last, hostIP, since } = this;
    // The last run is told as such once there is a next, or none runs.
    const view = { stage, restarts, podIP, hostIP, since, last: stage.at === 'ended' ? undefined : last };
    const status = statusOf(pod, container, view, new Date());
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    await absent(() => this.api.patch(path, { metadata: { uid }, status }, 'strategic-merge-patch'));
  }
}
