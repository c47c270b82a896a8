import { expect } from 'chai';
import { nearest, parse, usage, type Command } from '../../localkube/arguments.js';
import { UsageError } from '../../localkube/shape.js';

const good: readonly (readonly [line: string, command: Command])[] = [
  ['', { verb: 'help' }],
  ['--help', { verb: 'help' }],
  ['up --help', { verb: 'help' }],
  ['up', { verb: 'up', name: 'quorate', controlPlaneOnly: false }],
  ['up --nodes 1 --name a', { verb: 'up', name: 'a', controlPlaneOnly: false, nodes: 1 }],
  ['up --nodes=5 --name=b-2', { verb: 'up', name: 'b-2', controlPlaneOnly: false, nodes: 5 }],
  ['up --control-plane-only', { verb: 'up', name: 'quorate', controlPlaneOnly: true }],
  [
    'up --control-plane-only --cert-manager',
    { verb: 'up', name: 'quorate', controlPlaneOnly: true, certManager: true },
  ],
  ['up --no-cert-manager', { verb: 'up', name: 'quorate', controlPlaneOnly: false, certManager: false }],
  ['down --name a', { verb: 'down', name: 'a' }],
  ['status', { verb: 'status', name: 'quorate' }],
  ['env --name a', { verb: 'env', name: 'a' }],
  ['load x.tar --name a', { verb: 'load', name: 'a', file: 'x.tar' }],
  ['node cut 2', { verb: 'node', name: 'quorate', action: 'cut', number: 2 }],
  ['node --name a stop 10', { verb: 'node', name: 'a', action: 'stop', number: 10 }],
  ['build', { verb: 'build', groups: [] }],
  ['build etcd-3.6 pause', { verb: 'build', groups: ['etcd-3.6', 'pause'] }],
  ['clean', { verb: 'clean', cache: false, names: [] }],
  ['clean --cache', { verb: 'clean', cache: true, names: [] }],
  ['clean a b-2', { verb: 'clean', cache: false, names: ['a', 'b-2'] }],
  ['kubectl get pods -A', { verb: 'kubectl', name: 'quorate', args: ['get', 'pods', '-A'] }],
  ['kubectl --name a get pods --help', { verb: 'kubectl', name: 'a', args: ['get', 'pods', '--help'] }],
  ['kubectl --name=a get', { verb: 'kubectl', name: 'a', args: ['get'] }],
  ['kubectl create job --name a', { verb: 'kubectl', name: 'quorate', args: ['create', 'job', '--name', 'a'] }],
];

const bad: readonly (readonly [line: string, message: string])[] = [
  [
    'upp',
    'command "upp": must be one of up, down, status, kubectl, load, node, env, build, clean, help; nearest valid value: up',
  ],
  [
    'up --node 3',
    'unknown flag "--node": must be one of --name, --nodes, --control-plane-only, --cert-manager, --no-cert-manager; nearest valid value: --nodes',
  ],
  ['up --nodes', '--nodes: needs a value'],
  ['up --nodes 2.6', '--nodes 2.6: must be a whole number from 1 to 64; nearest valid value: 3'],
  ['up --nodes three', '--nodes NaN: must be a whole number from 1 to 64; nearest valid value: 3'],
  ['up --nodes 65', '--nodes 65: must be a whole number from 1 to 64; nearest valid value: 64'],
  [
    'up --nodes 0',
    '--nodes 0: must be a whole number from 1 to 64; nearest valid value: 1, or --control-plane-only for no nodes',
  ],
  [
    'up --nodes 3 --control-plane-only',
    '--nodes: cannot go with --control-plane-only, which has no nodes; leave one of them out',
  ],
  ['up --cert-manager --no-cert-manager', '--cert-manager: cannot go with --no-cert-manager; leave one of them out'],
  ['up --control-plane-only=yes', '--control-plane-only: takes no value'],
  ['up three', 'up: unexpected "three"'],
  ['down --name A_b', '--name "A_b": must be 1 to 20 lower case letters, digits and -, without - at its ends'],
  ['down --name a-node1', '--name "a-node1": must not end in -node and a number'],
  ['load', 'load: needs IMAGE.tar'],
  ['node', 'node: needs stop|start|cut|heal and N'],
  ['node kill 1', 'node "kill": must be one of stop, start, cut, heal; nearest valid value: heal'],
  ['node cut zero', 'node cut "zero": N must be a whole number from 1'],
  ['clean A_b', '--name "A_b": must be 1 to 20 lower case letters, digits and -, without - at its ends'],
  ['build --all', 'unknown flag --all: this command has none'],
  ['kubectl --name', '--name: needs a value'],
];

const words = (line: string): readonly string[] => line.split(' ').filter((word) => word !== '');

describe('localkube arguments', () => {
  for (const [line, command] of good) {
    it(`takes: ${line || '(nothing)'}`, () => {
      expect(parse(words(line))).to.deep.equal(command);
    });
  }
  for (const [line, message] of bad) {
    it(`refuses: ${line}`, () => {
      expect(() => parse(words(line))).to.throw(UsageError, message);
      let said = '';
      try {
        parse(words(line));
      } catch (error) {
        said = (error as Error).message;
      }
      expect(said).to.equal(message);
    });
  }

  it('finds the nearest word by edit distance', () => {
    expect(nearest('strat', ['stop', 'start', 'cut', 'heal'])).to.equal('start');
  });

  it('explains every command', () => {
    for (const verb of ['up', 'down', 'status', 'kubectl', 'load', 'node', 'env', 'build', 'clean']) {
      expect(usage).to.match(new RegExp(`^  ${verb} `, 'm'));
    }
  });
});
