import { expect } from 'chai';
import { accept } from '../../../controller/policies/gate.js';
import { preconditionOf, targetOf } from '../../../controller/step.js';
import { view } from './view-builder.js';

describe('the history of accepted specs', () => {
  it('keeps the last three before the newest; an older one goes, as it was seen and no other', () => {
    const revisions = [1, 2, 3, 4].map((revision) => ({
      name: `orders-spec-${revision}`,
      revision,
      uid: `uid-${revision}`,
      resourceVersion: `7${revision}`,
    }));
    const built = view().running(1).build();
    const accepted = built.accepted && { ...built.accepted, revision: 4 };
    const decision = accept.decide({ ...built, accepted, revisions, isSpecAccepted: false });
    const effects = decision?.kind === 'act' ? decision.step.effects : [];
    expect(
      effects.map((effect) => `${effect.do} ${targetOf('orders', effect)}: ${preconditionOf(effect)}`),
    ).to.deep.equal([
      'create controllerrevisions/orders-spec-5: absent',
      'delete controllerrevisions/orders-spec-1: uid=uid-1,resourceVersion=71',
    ]);
  });
});
