import { expect } from 'chai';
import { DeadlineError, eventually, pause } from '../../support/poll.js';

describe('eventually', () => {
  it('gives the value of the first probe that is done', async () => {
    let calls = 0;
    const value = await eventually(
      'three calls',
      1000,
      async () => (++calls < 3 ? { done: false, seen: calls } : { done: true, value: calls }),
      1,
    );
    expect(value).to.equal(3);
  });

  it('fails with what it last saw', async () => {
    const error = await failure(
      eventually('phase Running', 30, async () => ({ done: false, seen: { phase: 'Creating' } }), 5),
    );
    expect(error.message).to.equal("phase Running: not within 0.03 s; last seen: { phase: 'Creating' }");
  });

  it('takes a thrown error as "not yet" and tells it', async () => {
    const error = await failure(eventually('answer', 30, () => Promise.reject(new Error('connection refused')), 5));
    expect(error.message).to.equal('answer: not within 0.03 s; last seen: Error: connection refused');
  });

  it('does not wait for a probe that hangs', async () => {
    const error = await failure(eventually('answer', 30, () => new Promise(() => undefined)));
    expect(error.seen).to.deep.equal({ probeStillRunning: true, before: 'nothing yet' });
  });

  it('asks again after the interval, not at once', async () => {
    let calls = 0;
    await failure(eventually('never', 100, async () => ({ done: false, seen: ++calls }), 40));
    expect(calls).to.be.within(1, 4);
    await pause(1);
  });
});

async function failure(running: Promise<unknown>): Promise<DeadlineError> {
  try {
    await running;
  } catch (error) {
    if (error instanceof DeadlineError) return error;
    throw error;
  }
  throw new Error('expected a DeadlineError');
}
