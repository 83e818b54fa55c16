/** A key of HQ that has become another one. */
export interface KeyMove {
  readonly was: string;
  readonly key: string;
}

/**
 * The rows whose key is another one behind all moves, with that key. `rows`: who has which key before the first; a key that is
 * not among them is a row's that is not here. Null: two rows would end with one key.
 *
 * Of two rows that share a key in between, as where one statement swaps keys, the one that had it first goes first.
 * `Renames` cannot tell them apart: there a name is whoever has it.
 */
export function followMoves(
  rows: ReadonlyMap<string, string>,
  moves: readonly KeyMove[],
): Map<string, string> | null {
  const at = new Map<string, (string | null)[]>();
  const queueOf = (key: string): (string | null)[] => {
    const there = at.get(key);
    if (there !== undefined) return there;
    const row = rows.get(key);
    const queue = row === undefined ? [] : [row];
    at.set(key, queue);
    return queue;
  };
  for (const { was, key } of moves) {
    const row = queueOf(was).shift() ?? null;
    queueOf(key).push(row);
  }
  const moved = new Map<string, string>();
  for (const [key, queue] of at) {
    const [row, ...others] = queue.filter((name) => name !== null);
    if (row === undefined) continue;
    if (others.length > 0) return null;
    if (rows.get(key) !== row) moved.set(row, key);
  }
  return moved;
}
