import { expect } from 'chai';
import { freeIndex, networkPlan, overlaps } from '../../localkube/network-plan.js';

describe('localkube network plan', () => {
  it('derives every name and address from the name and the index', () => {
    expect(networkPlan('demo', 2, 1)).to.deep.equal({
      netns: 'lk-demo',
      controlPlane: '10.66.0.1',
      host: '10.66.0.254',
      hostLink: 'lk-host2',
      prefix: '10.66.0.0/24',
      services: '10.66.64.0/20',
      kubernetesService: '10.66.64.1',
      pods: '10.66.128.0/17',
      nodes: [
        {
          number: 1,
          name: 'node1',
          netns: 'lk-demo-node1',
          address: '10.66.0.11',
          podRange: '10.66.129.0/24',
          zone: 'zone-a',
          port: 'port1',
        },
      ],
    });
  });

  it('spreads the nodes over three zones', () => {
    expect(networkPlan('a', 0, 4).nodes.map((node) => node.zone)).to.deep.equal([
      'zone-a',
      'zone-b',
      'zone-c',
      'zone-a',
    ]);
  });

  it('keeps link names within the 15 bytes of the kernel, for every index', () => {
    expect(networkPlan('a', 63, 0).hostLink.length).to.be.at.most(15);
  });

  it('gives no two instances a common address, and no two parts of one either', () => {
    const ranges = [0, 1, 63].flatMap((index) => {
      const plan = networkPlan('a', index, 64);
      return [plan.prefix, plan.services, ...plan.nodes.map((node) => node.podRange)];
    });
    const clashes = ranges.flatMap((a, at) => ranges.slice(at + 1).filter((b) => overlaps(a, b)));
    expect(clashes).to.deep.equal([]);
  });

  const pairs: readonly (readonly [string, string, boolean])[] = [
    ['10.0.0.0/8', '10.64.0.0/16', true],
    ['10.64.0.0/16', '10.0.0.0/8', true],
    ['10.64.0.0/16', '10.65.0.0/16', false],
    ['192.0.2.1', '192.0.2.0/24', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['0.0.0.0/0', '255.255.255.255', true],
  ];
  for (const [a, b, expected] of pairs) {
    it(`${a} and ${b} ${expected ? 'overlap' : 'are apart'}`, () => {
      expect(overlaps(a, b)).to.equal(expected);
    });
  }

  it('takes the lowest index that is free and meets none of the machine’s own routes', () => {
    expect(freeIndex([], [])).to.equal(0);
    expect(freeIndex([0, 2], ['10.65.4.0/24', '192.0.2.0/24'])).to.equal(3);
  });

  it('says so when the machine’s own network has all of 10.0.0.0/8', () => {
    expect(() => freeIndex([], ['10.0.0.0/8'])).to.throw('no range of addresses is left');
  });
});
