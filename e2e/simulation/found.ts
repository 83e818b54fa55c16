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
  '7.6: who decides an old conflict overwrites nothing that was written since': {
    terminals: 2,
    steps: [
      { hq: { do: 'edit', field: 0, row: 0 } },
      { at: 0, pos: { do: 'edit', field: 0, row: 0 } },
      { hq: { do: 'add-category', parent: 0 } },
      {
        sync: 0,
        direction: 'both',
        table: null,
        fault: { do: 'hq', call: 1, write: { do: 'delete-category', row: 0 } },
      },
      { at: 0, pos: { do: 'edit', field: 0, row: 0 } },
      { resolve: 0, conflict: 0, keep: 'hq' },
    ],
  },
  '7.5: a delete of a row that HQ has given to another store is not lost in silence': {
    terminals: 4,
    steps: [
      { hq: { do: 'add-customer', code: 0 } },
      { sync: 3, direction: 'both', table: null, fault: null },
      { hq: { do: 'move-customer', row: 0 } },
      { at: 3, pos: { do: 'delete-customer', row: 0 } },
      { sync: 3, direction: 'pull', table: null, fault: null },
    ],
  },
  '5.4: a sale to one whom HQ has given to another store and deleted there does not stay here': {
    terminals: 4,
    steps: [
      { at: 3, pos: { do: 'add-customer', code: 0 } },
      { sync: 3, direction: 'both', table: null, fault: null },
      { at: 3, pos: { do: 'sell', product: 0, quantity: 1, customer: 0, split: false } },
      { hq: { do: 'move-customer', row: 0 } },
      { hq: { do: 'delete-customer', row: 0 } },
    ],
  },
  // Four in which the judge was wrong.
  '7.5: what HQ wrote into a category is gone with the category that it deletes': {
    terminals: 2,
    steps: [
      { hq: { do: 'edit', field: 8, row: 4 } },
      { at: 0, pos: { do: 'sell', product: 0, quantity: 1, customer: null, split: false } },
      { hq: { do: 'add-customer', code: 0 } },
      { at: 0, pos: { do: 'add-customer', code: 0 } },
      { hq: { do: 'delete-category', row: 1 } },
    ],
  },
  '5.4, 7: a sum that waits with its held row is listed, also where HQ gave the row another key': {
    terminals: 3,
    steps: [
      { hq: { do: 'rekey-product', row: 5 } },
      { at: 2, pos: { do: 'add-category', product: 5 } },
      { at: 2, pos: { do: 'count', counter: 0, row: 5, by: -2 } },
    ],
  },
  '3.6: a sum that was undone with its row is gone with the file that said so': {
    terminals: 3,
    steps: [
      { copy: 2 },
      { hq: { do: 'move-product', row: 4 } },
      { at: 2, pos: { do: 'sell', product: 0, quantity: 1, customer: null, split: false } },
      { sync: 2, direction: 'both', table: null, fault: null },
      { restore: 2 },
    ],
  },
  '6.6: what a terminal wrote into a row that it and HQ have deleted is gone with the row': {
    terminals: 2,
    steps: [
      { at: 1, pos: { do: 'edit', field: 8, row: 0 } },
      { hq: { do: 'delete-category', row: 0 } },
      { at: 1, pos: { do: 'delete-hqs', table: 0, row: 0 } },
    ],
  },
};
