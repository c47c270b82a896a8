import { expect } from 'chai';
import { requireGo, requireRoot } from '../../localkube/machine.js';

const instead = '`npm run demo -- --context NAME` uses a cluster that you have, and `npm run check` needs none';
const said = async (require: () => unknown): Promise<string> => {
  try {
    await require();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};
const go = (code: number, stdout: string) => async () => ({ code, stdout, stderr: '' });

describe('what the machine must offer', () => {
  for (const [what, require, sentence] of [
    ['root on Linux', () => requireRoot({ platform: 'linux', uid: 0 }), 'nothing'],
    [
      'anyone else on Linux',
      () => requireRoot({ platform: 'linux', uid: 1000 }),
      `localkube must run as root, because it makes network namespaces and control groups: use sudo, or else ${instead}`,
    ],
    ['another system', () => requireRoot({ platform: 'darwin', uid: 0 }), `localkube runs on Linux only; ${instead}`],
    ['Go 1.26', () => requireGo(go(0, 'go1.26.8\nlocal\n')), 'nothing'],
    ['an older Go that may fetch a newer one', () => requireGo(go(0, 'go1.22.1\nauto\n')), 'nothing'],
    [
      'an older Go that may not',
      () => requireGo(go(0, 'go1.22.1\nlocal\n')),
      `Go is too old (go1.22.1, and GOTOOLCHAIN=local forbids it to fetch a newer one): install Go 1.26 or newer, or else ${instead}`,
    ],
    [
      'no Go',
      () => requireGo(go(127, '')),
      `Go is missing, and Kubernetes and etcd are built from source here: install Go 1.26 or newer, or else ${instead}`,
    ],
  ] as const) {
    it(`says of ${what}: ${sentence.slice(0, 60)}`, async () => expect(await said(require)).to.equal(sentence));
  }
});
