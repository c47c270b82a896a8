import { run } from '../localkube/exec.js';
import type { Place } from '../support/place.js';

/** A cluster that exists already, reached with this machine's own kubectl and network. */
export function existingPlace(context: string): Place {
  return {
    name: context,
    netns: '',
    nodeNetns: [],
    kubectl: (args, options = {}) => run(['kubectl', '--context', context, ...args], options),
  };
}
