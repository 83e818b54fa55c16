/** Where HQ's feed stands, as one cheap statement says (`feedPositionSql`). Transaction ids as bigint. */
export interface FeedPosition {
  /** Last number that the feed's sequence gave out, committed or not. */
  readonly last: string;
  /** Every transaction below it has ended. */
  readonly xmin: bigint;
  /** No transaction from here on has begun. */
  readonly xmax: bigint;
}

/** What is remembered from one look to the next; null before the first. */
export interface FeedSeen {
  readonly last: string;
  /** `xmin` at the last look that started a cycle: a cycle sees what is below, and nothing more. */
  readonly xmin: bigint;
  /** Transactions below it may still have entries to show; null: nothing is outstanding. */
  readonly until: bigint | null;
}

/**
 * Is there anything for a cycle to read? A number that was given out may belong to a transaction that has not
 * committed, and an entry is read only once everything before it has ended (DESIGN 3.3). So one cycle when the
 * sequence has moved, and further ones as `xmin` goes on, until it has passed every transaction that was there then.
 * An `xmin` that stands still shows nothing new: a long transaction at HQ starts no cycle after cycle.
 */
export function lookAtFeed(
  seen: FeedSeen | null,
  { last, xmin, xmax }: FeedPosition,
): { readonly seen: FeedSeen; readonly moved: boolean } {
  const grown = seen === null || seen.last !== last;
  const until = grown ? xmax : seen.until;
  const moved = grown || (until !== null && xmin > seen.xmin);
  return {
    seen: {
      last,
      xmin: moved ? xmin : seen.xmin,
      until: until !== null && xmin >= until ? null : until,
    },
    moved,
  };
}
