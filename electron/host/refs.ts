import { randomBytes } from 'node:crypto';
import { PayflowError } from '../../shared/errors.ts';
import type { MissingWhy, RowDirection } from '../../shared/rows.ts';
import type { GroupKey, RowKey } from './desk-types.ts';

/** What a ref stands for. */
export type Target =
  | { readonly kind: 'held'; readonly key: RowKey }
  | { readonly kind: 'rejected'; readonly key: RowKey }
  | { readonly kind: 'group'; readonly key: GroupKey; readonly why: MissingWhy }
  | { readonly kind: 'confirm'; readonly table: string; readonly direction: RowDirection }
  | { readonly kind: 'conflict'; readonly id: number }
  | { readonly kind: 'table'; readonly table: string }
  | { readonly kind: 'fix'; readonly fingerprint: string };

type Kind = Target['kind'];
type Of<K extends Kind> = Extract<Target, { kind: K }>;

/** Lists of tens of thousands of rows are looked at by a few windows at a time. */
const most = 50_000;

/**
 * The words by which a window names rows, groups and fixes: given out with a list, understood by this process until it
 * ends, and by nobody able to guess the next. The same thing keeps its word, so that a list that is read again keeps
 * its focus. The least used are forgotten when there are too many.
 */
export class Refs {
  readonly #most: number;
  readonly #targets = new Map<string, Target>();
  readonly #words = new Map<string, string>();
  #count = 0;

  constructor(limit = most) {
    this.#most = limit;
  }

  give(target: Target): string {
    const text = JSON.stringify(target);
    const word = this.#words.get(text) ?? this.#next();
    this.#targets.delete(word);
    this.#targets.set(word, target);
    this.#words.set(text, word);
    if (this.#targets.size > this.#most) this.#forgetOldest();
    return word;
  }

  /** Throws REF_STALE for a word of another process, another kind, or one that was forgotten. */
  find<K extends Kind>(kind: K, word: string): Of<K> {
    const target = this.#targets.get(word);
    if (target?.kind !== kind) throw new PayflowError('REF_STALE');
    this.#targets.delete(word);
    this.#targets.set(word, target);
    return target as Of<K>;
  }

  #next(): string {
    this.#count += 1;
    return `${this.#count.toString(36)}-${randomBytes(9).toString('base64url')}`;
  }

  #forgetOldest(): void {
    const [oldest] = this.#targets;
    if (oldest === undefined) return;
    const [word, target] = oldest;
    this.#targets.delete(word);
    this.#words.delete(JSON.stringify(target));
  }
}
