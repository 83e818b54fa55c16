import type { LocalStore } from '../local-port.ts';

/** This many rows are not kept in memory: all are looked up page by page then. */
const TOO_MANY = 50_000;

type Outbox = Pick<LocalStore, 'severalEntries' | 'entriesBehind' | 'lastSeq'>;

/**
 * The rows of an outbox with more than one entry, found in one walk along an index. Most rows of a bulk upload have one, and
 * to look each of them up costs more than to read it. May name a row too many, never one too few.
 */
export class SeveralEntries {
  /** By table; null: too many. */
  #rows: Map<string, Set<string>> | null = new Map();
  #asOf: number;
  readonly #tooMany: number;

  constructor(local: Outbox, tooMany = TOO_MANY) {
    this.#tooMany = tooMany;
    this.#asOf = local.lastSeq();
    this.#add(local.severalEntries(tooMany));
  }

  /** Takes in what was written since; in the same snapshot as the page it is asked for. */
  update(local: Outbox): void {
    const asOf = local.lastSeq();
    if (this.#rows === null || asOf === this.#asOf) return;
    this.#add(local.entriesBehind(this.#asOf, this.#tooMany));
    this.#asOf = asOf;
  }

  /** Those of `localIds` that may have entries on another page. */
  among(table: string, localIds: readonly string[]): readonly string[] {
    if (this.#rows === null) return localIds;
    const rows = this.#rows.get(table);
    return rows === undefined ? [] : localIds.filter((localId) => rows.has(localId));
  }

  #add(found: readonly (readonly [table: string, localId: string])[]): void {
    if (this.#rows === null || found.length === this.#tooMany) {
      this.#rows = null;
      return;
    }
    for (const [table, localId] of found) {
      const rows = this.#rows.get(table);
      if (rows === undefined) this.#rows.set(table, new Set([localId]));
      else rows.add(localId);
    }
  }
}
