// The volume provisioner of one instance, a process of its own: node provisioner-main.ts SERVER PKI-FOLDER DATA-FOLDER.
// It answers claims from watches, and lists anew whenever a watch ends, so that a restarted API server loses nothing.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../support/poll.js';
import { Api, ApiError, type ApiObject } from './api.js';
import { provision, reclaim, type Claim, type Volume } from './provisioner-decide.js';

const [server = '', pki = '', data = ''] = process.argv.slice(2);
const identity = 'local-provisioner';
const api = new Api({
  server,
  ca: join(pki, 'ca.crt'),
  cert: join(pki, `${identity}.crt`),
  key: join(pki, `${identity}.key`),
});

const say = (line: string): void => {
  console.log(`${new Date().toISOString()} ${line}`);
};

async function onClaim(claim: Claim): Promise<void> {
  const made = provision(claim, data);
  if (made === null) return;
  // Root's alone, as a fresh disk of a cloud is: a pod that is not root needs fsGroup here as it does there.
  mkdirSync(made.path, { recursive: true, mode: 0o755 });
  try {
    await api.json('/api/v1/persistentvolumes', { method: 'POST', body: made.volume });
    say(`made ${made.path} for ${claim.metadata.namespace ?? ''}/${claim.metadata.name}`);
  } catch (error) {
    // Two events of one claim: the volume is there already.
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}

async function onVolume(volume: Volume): Promise<void> {
  const path = reclaim(volume, data);
  if (path === null) return;
  rmSync(path, { recursive: true, force: true });
  await api.remove(`/api/v1/persistentvolumes/${volume.metadata.name}`);
  say(`removed ${path}`);
}

interface List<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

async function follow<T extends ApiObject>(path: string, act: (object: T) => Promise<void>): Promise<void> {
  const attempt = async (object: T): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        await act(object);
        return;
      } catch (error) {
        say(`${object.metadata.name}: ${String(error)}`);
        // The next list brings whatever is left undone; a lasting refusal is not worth a loop.
        if (tries === 10) return;
        await pause(100 * tries);
      }
    }
  };
  for (;;) {
    try {
      const list = await api.json<List<T>>(path);
      for (const item of list.items) void attempt(item);
      await api.watch<T>(path, list.metadata.resourceVersion, (event) => {
        if (event.type === 'ADDED' || event.type === 'MODIFIED') void attempt(event.object);
      });
    } catch (error) {
      say(`${path}: ${String(error)}`);
      await pause(200);
    }
  }
}

say(`provisioning in ${data}`);
await Promise.all([
  follow<Claim>('/api/v1/persistentvolumeclaims', onClaim),
  follow<Volume>('/api/v1/persistentvolumes', onVolume),
]);
