/** What can happen in a company, as plain data: what fast-check draws and shrinks, and what a directed history is written in. */

import type { Step as Point } from '../../electron/sync/steps.ts';

/** Rows are named by a number; it counts, round and round, through those there are when the step comes. */
export type PosWrite =
  | {
      readonly do: 'sell';
      readonly product: number;
      readonly quantity: number;
      readonly customer: number | null;
      readonly split: boolean;
    }
  | { readonly do: 'edit'; readonly field: number; readonly row: number }
  | { readonly do: 'count'; readonly counter: number; readonly row: number; readonly by: number }
  | { readonly do: 'add-customer'; readonly code: number }
  | { readonly do: 'delete-customer'; readonly row: number }
  | { readonly do: 'delete-hqs'; readonly table: number; readonly row: number }
  | { readonly do: 'add-category'; readonly product: number }
  /** INSERT OR REPLACE: over the row itself, and over another that has the code. */
  | { readonly do: 'replace-customer'; readonly row: number; readonly code: number }
  /** The row gets another local_id, which its children follow: a new one, or that of the row `other`, which gets its. */
  | {
      readonly do: 'rename';
      readonly table: number;
      readonly row: number;
      readonly other: number | null;
    };

export type HqWrite =
  | { readonly do: 'edit'; readonly field: number; readonly row: number }
  | { readonly do: 'count'; readonly counter: number; readonly row: number; readonly by: number }
  | { readonly do: 'prices' }
  | { readonly do: 'add-customer'; readonly code: number }
  | { readonly do: 'delete-customer'; readonly row: number }
  /** Deleted and made anew under the same key, in two transactions. */
  | { readonly do: 'remake-customer'; readonly row: number }
  | { readonly do: 'move-customer'; readonly row: number }
  | { readonly do: 'move-product'; readonly row: number }
  /** The product gets another key. */
  | { readonly do: 'rekey-product'; readonly row: number }
  | { readonly do: 'add-category'; readonly parent: number }
  | { readonly do: 'rename-category'; readonly row: number }
  | { readonly do: 'delete-category'; readonly row: number }
  | { readonly do: 'hang-product'; readonly product: number; readonly category: number }
  /** The feed is purged of all that it may be purged of, and more: whoever has not read it must compare. */
  | { readonly do: 'purge' }
  /** In the transaction of a session, which stays open. */
  | { readonly do: 'open-customer'; readonly session: number; readonly code: number }
  | { readonly do: 'commit'; readonly session: number }
  | { readonly do: 'roll-back'; readonly session: number };

export type Fault =
  /** The connection dies at the `call`th call to HQ of the cycle, before it reaches HQ or before the answer is back. */
  | { readonly do: 'cut'; readonly call: number; readonly when: 'before' | 'after' }
  /** The same for the `call`th batch; `late`: HQ gets it after the terminal's next cycle, as from a socket that hung. */
  | { readonly do: 'cut-send'; readonly call: number; readonly when: 'before' | 'after' | 'late' }
  /** The process ends at a named point of the cycle: the first of this name, or the so manieth of all. */
  | { readonly do: 'kill'; readonly step: Point | number }
  /** The POS writes at a named point outside a transaction. */
  | { readonly do: 'pos'; readonly step: Point | number; readonly write: PosWrite }
  /** Somebody writes at HQ before the `call`th call. */
  | { readonly do: 'hq'; readonly call: number; readonly write: HqWrite };

export type Step =
  | { readonly at: number; readonly pos: PosWrite }
  | { readonly hq: HqWrite }
  | {
      readonly sync: number;
      readonly direction: 'both' | 'push' | 'pull';
      readonly table: number | null;
      readonly fault: Fault | null;
    }
  /** Somebody asks a terminal to compare a table, or all. */
  | { readonly reset: number; readonly table: number | null }
  /** Somebody chooses a side in a conflict that a terminal lists. */
  | { readonly resolve: number; readonly conflict: number; readonly keep: 'local' | 'hq' }
  /** A copy of a terminal's file is made; put back; put on another machine, where an engine is started on it. */
  | { readonly copy: number }
  | { readonly restore: number }
  | { readonly clone: number }
  /** The clock of a terminal, POS program and engine, is wrong by so many seconds from now on. */
  | { readonly skew: number; readonly seconds: number };

export interface History {
  readonly terminals: number;
  readonly steps: readonly Step[];
}

/** Tables that `--table` is tried with. */
export const SINGLE_TABLES = [
  'products',
  'customers',
  'orders',
  'categories',
  'order_items',
] as const;

/** A history as a test can be written from it. */
export function print({ terminals, steps }: History): string {
  return [
    `{ terminals: ${String(terminals)}, steps: [`,
    ...steps.map((step) => `  ${JSON.stringify(step)},`),
    ']}',
  ].join('\n');
}
