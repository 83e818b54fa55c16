/**
 * What the programs of both sides have committed, written down beside them: the ledger that the end is judged by. It
 * knows nothing of PayFlow.
 */

export interface Sale {
  readonly number: string;
  readonly terminal: string;
  /** Rows of each table that belong to it. */
  readonly parts: Readonly<Record<'order_items' | 'payments' | 'inventory_transactions', number>>;
  /** Cents. */
  readonly total: number;
}

/** A new value of a field. All values of a run are unlike. */
interface Edit {
  readonly what: string;
  readonly by: string;
}

export class Ledger {
  readonly sales = new Map<string, Sale>();
  /** Sums that were added, in hundredths: `table.column row`. */
  readonly #added = new Map<string, number>();
  readonly #edits = new Map<string, Edit>();
  /** Values that somebody has seen and replaced, or deleted with their row. */
  readonly #replaced = new Set<string>();
  /** Codes of customers that a side deleted when it saw them, by key. */
  readonly deleted = new Map<string, string>();
  /** Values that stood in a row when a terminal deleted it, which was not its to delete: it comes back, unless HQ has none. */
  readonly wentWith = new Map<string, { readonly table: string; readonly id: string }>();
  /** Counters (`table.column`) with sums that were undone and stood in the conflict log of a file that is gone. */
  readonly undone = new Set<string>();
  readonly #orders = new Map<string, number>();
  #next = 0;

  /** A text no other edit of this history has. */
  value(by: string): string {
    this.#next += 1;
    return `${by}#${String(this.#next)}`;
  }

  /** The number of a terminal's next order, from 1. */
  nextOrder(terminal: string): number {
    const number = (this.#orders.get(terminal) ?? 0) + 1;
    this.#orders.set(terminal, number);
    return number;
  }

  edited(value: string, edit: Edit, saw: string | null): void {
    this.#edits.set(value, edit);
    this.sawGo(saw);
  }

  /** Somebody has seen this value and put another, or nothing, in its place. */
  sawGo(value: string | null): void {
    if (value !== null) this.#replaced.add(value);
  }

  added(counter: string, hundredths: number): void {
    this.#added.set(counter, this.addedTo(counter) + hundredths);
  }

  addedTo(counter: string): number {
    return this.#added.get(counter) ?? 0;
  }

  /** What a program of a terminal wrote is gone with its file, and neither HQ nor the file in its place has it. */
  forget(by: string, isThere: (value: string) => boolean): void {
    for (const [value, edit] of this.#edits)
      if (edit.by === by && !isThere(value)) this.#edits.delete(value);
  }

  /** Edits that must be found somewhere: nobody replaced them knowingly. */
  standing(): ReadonlyMap<string, Edit> {
    return new Map([...this.#edits].filter(([value]) => !this.#replaced.has(value)));
  }
}
