/**
 * What became of a table's names, move after move: a reference to `a` follows it to `b` and from there to `c`; a row that
 * takes the name `a` later is another. Thousands of moves are followed in one look at the references, not each in one.
 */
export class Renames {
  /** By the name that a reference said at first. */
  readonly #now = new Map<string, string>();
  /** The other way round. */
  readonly #before = new Map<string, Set<string>>();

  add(from: string, to: string): void {
    const moving = this.#before.get(from) ?? new Set<string>();
    this.#before.delete(from);
    if (!this.#now.has(from)) moving.add(from);
    const there = this.#before.get(to);
    for (const name of moving) {
      this.#now.set(name, to);
      there?.add(name);
    }
    if (there === undefined) this.#before.set(to, moving);
  }

  /** Where a reference to `name` points now. */
  of(name: string): string {
    return this.#now.get(name) ?? name;
  }

  /** Names that are others now. */
  names(): string[] {
    return [...this.#now].flatMap(([name, now]) => (name === now ? [] : [name]));
  }
}
