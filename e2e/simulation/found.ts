/** Histories that the machine has found an error with, shrunk: played first, each time. */
import type { History } from './history.ts';

export const FOUND: Readonly<Record<string, History>> = {
  '6.5: what a row has in a batch that is still at HQ does not go with the last page once more': {
    terminals: 2,
    steps: [
      { at: 0, pos: { do: 'count', counter: 0, row: 0, by: -1 } },
      { at: 0, pos: { do: 'add-customer', code: 0 } },
      { at: 0, pos: { do: 'add-customer', code: 1 } },
      { at: 0, pos: { do: 'count', counter: 0, row: 0, by: -1 } },
    ],
  },
};
