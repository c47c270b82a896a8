import { duration, integer, object, oneOf, type Schema } from '../../schema.js';
import { optionCatalogue, reservedOptions, reservedSwitches } from '../../options.js';

const autoCompaction = object(
  'How old revisions are dropped. Without compaction the database grows until it meets its quota.',
  {
    mode: oneOf(
      'Periodic keeps the revisions of the last period. Revision keeps the last retention revisions. Disabled leaves compaction to applications.',
      ['Periodic', 'Revision', 'Disabled'],
      { title: 'AutoCompactionMode', 'x-derived': 'Periodic' },
    ),
    period: duration(
      'How long revisions are kept with mode Periodic, a Go duration of whole units: "1h". Between 1m and 720h.',
      {
        'x-derived-when': '1h with mode Periodic',
      },
    ),
    retention: integer('How many revisions are kept with mode Revision. Required then.', [1, 1_000_000_000]),
  },
  { title: 'AutoCompaction', 'x-derived': 'Periodic, 1h' },
);

/** CEL can stand only on a node with a type, and the types of a flag in YAML are these two. */
const reserved = (name: string, why: string): Schema => ({
  description: `Refused: ${why}`,
  'x-reserved': true,
  ...(reservedSwitches.has(name) ? { type: 'boolean' } : { 'x-kubernetes-int-or-string': true, maxLength: 1024 }),
});

export const options = object(
  'Settings of etcd itself, a closed catalogue: each has a type and bounds, and is rendered under the name it has in the minor that ' +
    'runs. What is absent keeps the default of etcd. A change takes effect when a member is next started. What the operator owns ' +
    '(names, URLs, certificates, the initial cluster, anything unsafe) is refused.',
  {
    ...Object.fromEntries(Object.entries(optionCatalogue).map(([name, option]) => [name, option.schema])),
    autoCompaction,
    ...Object.fromEntries(Object.entries(reservedOptions).map(([name, why]) => [name, reserved(name, why)])),
  },
  { title: 'EtcdOptions', default: {} },
);
