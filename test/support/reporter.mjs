// Mocha's own `spec` output, and its counts appended to the file named by QUORATE_RESULTS: what `npm test` adds up.
import { appendFileSync } from 'node:fs';
import mocha from 'mocha';

export default class Reporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.QUORATE_RESULTS;
    if (!file) return;
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats;
      appendFileSync(file, JSON.stringify({ passes, failures, pending }) + '\n');
    });
  }
}
