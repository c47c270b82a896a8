import { expect } from 'chai';
import { disruptionBudget } from '../../../../controller/objects/disruption-budget.js';
import { clientService, peerService } from '../../../../controller/objects/services.js';
import { metadata, owner } from './desired.js';

const port = (name: string, number: number): object => ({ name, port: number, protocol: 'TCP', targetPort: number });

describe('objects: Services', () => {
  it('among peers: headless, with addresses before readiness', () =>
    expect(peerService(owner)).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('orders-peers'),
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: { 'quorate.dev/cluster': 'orders' },
        ports: [port('client', 2379), port('peer', 2380), port('metrics', 2381)],
      },
    }));

  for (const { isServing, label } of [
    { isServing: true, label: 'true' },
    { isServing: false, label: 'not-yet' },
  ]) {
    it(`for clients, while ${isServing ? 'members may serve: those that are labelled so' : 'none may: nobody'}`, () =>
      expect(clientService(owner, isServing)).to.deep.equal({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: metadata('orders-client'),
        spec: {
          type: 'ClusterIP',
          publishNotReadyAddresses: null,
          selector: { 'quorate.dev/cluster': 'orders', 'quorate.dev/serving': label },
          ports: [port('client', 2379)],
        },
      }));
  }
});

describe('objects: the disruption budget', () => {
  const rows: readonly { of: string; voters: number; target: number; keeps: number | undefined }[] = [
    { of: 'a single member: none, or no node could be drained', voters: 1, target: 1, keeps: undefined },
    { of: 'nobody yet and one wanted: none', voters: 0, target: 1, keeps: undefined },
    { of: 'three members', voters: 3, target: 3, keeps: 2 },
    { of: 'one that grows to three: as of three', voters: 1, target: 3, keeps: 2 },
    { of: 'seven that shrink to three: as of seven', voters: 7, target: 3, keeps: 4 },
    { of: 'three that shrink to one: as of three', voters: 3, target: 1, keeps: 2 },
    { of: 'four voters on the way: three of them', voters: 4, target: 5, keeps: 3 },
    { of: 'two voters on the way to one: both', voters: 2, target: 1, keeps: 2 },
  ];
  for (const { of, voters, target, keeps } of rows) {
    it(of, () =>
      expect(disruptionBudget(owner, voters, target)).to.deep.equal(
        keeps === undefined
          ? null
          : {
              apiVersion: 'policy/v1',
              kind: 'PodDisruptionBudget',
              metadata: metadata('orders'),
              spec: {
                minAvailable: keeps,
                maxUnavailable: null,
                selector: { matchLabels: { 'quorate.dev/cluster': 'orders' } },
                unhealthyPodEvictionPolicy: 'IfHealthyBudget',
              },
            },
      ),
    );
  }
});
