import { expect } from 'chai';
import { plan } from '../../../controller/plan.js';
import { preconditionOf, targetOf } from '../../../controller/step.js';
import { view } from './view-builder.js';

/** What is done in a cluster at rest whose revisions are 1 to `newest`, the last one in force. */
function done(newest: number): readonly string[] {
  const built = view().running(1).build();
  const revisions = Array.from({ length: newest }, (_, index) => ({
    name: `orders-spec-${index + 1}`,
    revision: index + 1,
    uid: `uid-${index + 1}`,
    resourceVersion: `7${index + 1}`,
  }));
  const accepted = built.accepted && { ...built.accepted, revision: newest };
  const decision = plan({ ...built, accepted, revisions })?.decision;
  const effects = decision?.kind === 'act' ? decision.step.effects : [];
  return effects.map((effect) => `${effect.do} ${targetOf('orders', effect)}: ${preconditionOf(effect)}`);
}

describe('the history of accepted specs', () => {
  it('keeps the last three before the newest', () => expect(done(4)).to.deep.equal([]));

  it('lets older ones go, as they were seen and no other, also those that an operator died before', () => {
    expect(done(6)).to.deep.equal([
      'delete controllerrevisions/orders-spec-1: uid=uid-1,resourceVersion=71',
      'delete controllerrevisions/orders-spec-2: uid=uid-2,resourceVersion=72',
    ]);
  });
});
