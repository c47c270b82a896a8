import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shown } from './effect-log.js';
import type { Outcome } from './run.js';

export interface Told {
  readonly title: string;
  readonly problems: readonly string[];
  readonly outcome: Outcome;
}

/** The story of a run as one page: what is wrong, and every effect up to the fault and after it. Objects and logs lie beside it. */
export async function writeStory(folder: string, { title, problems, outcome }: Told): Promise<void> {
  const lines = outcome.effects.filter(({ what }) => what !== 'done').map(shown);
  const text = [
    `# ${title}`,
    '',
    ...problems.map((problem) => `- ${problem}`),
    '',
    '## Effects',
    '',
    ...lines,
    '',
  ].join('\n');
  await writeFile(join(folder, 'story.md'), text);
  await writeFile(join(folder, 'state.json'), JSON.stringify(outcome.state ?? null, null, 2));
}
