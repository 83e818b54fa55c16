/**
 * The times of local edits, as `newest` compares them (DESIGN 7.4): the POS's wall times, corrected by how far this
 * terminal's clock is off HQ's, and clamped by what is known without any clock. An entry that was not in the outbox when
 * HQ said 9:00, and was there when it said 9:05, was written between the two. No cursor depends on any of it.
 */
import type { LocalStore, OutboxEntry } from './local-port.ts';

/** Milliseconds since 1970, by HQ's clock unless said otherwise. */
type Time = number;

/** Entries between two outbox numbers, and what is known of when they were written. */
export interface StampRange {
  /** Sequence numbers: `after` excluded, `upto` included; null: without end, the entries of this very run. */
  readonly after: number;
  readonly upto: number | null;
  /** Not before, not after; null: nothing is known. */
  readonly from: Time | null;
  readonly until: Time | null;
  /** HQ's clock minus this terminal's, when they were first seen. */
  readonly offset: number;
}

/** What outlives a run: the last place where HQ's time was told, and the ranges that still have unsent entries. */
export interface SavedStamps {
  readonly seq: number;
  readonly at: Time;
  readonly ranges: readonly StampRange[];
}

/** More ranges than this are joined: something has been waiting for weeks. */
const MOST_RANGES = 50;
/** Numbers, not texts, are kept of an outbox of any length. */
const READ_AT_ONCE = 5_000;

/**
 * Stamps of entries in outbox order from their corrected times: within the bounds, never decreasing, and the corrected
 * time itself wherever that is both. A time that cannot be (the POS's clock was set between two entries) says nothing
 * about its neighbours: one after the end is taken back to the next that can be, one before the beginning forward to
 * the last.
 */
export function stampsOf(corrected: readonly Time[], from: Time, until: Time): Time[] {
  const first = Math.min(from, until);
  const stamps = [...corrected];
  let next = until;
  for (let place = stamps.length - 1; place >= 0; place -= 1) {
    const time = stamps[place] ?? Number.NaN;
    if (time > until) stamps[place] = next;
    else if (time >= first) next = time;
  }
  let last = first;
  for (const [place, time] of stamps.entries()) {
    if (time > last) last = time;
    stamps[place] = last;
  }
  return stamps;
}

/** HQ's time as it was heard, and this terminal's at the same moment. */
export interface Heard {
  readonly hq: Time;
  readonly own: Time;
}

/**
 * The ranges after HQ has told its time once more: what was written since the last time is a range of its own, closed
 * now; what is written from now on is the last, open one.
 */
export function nextRanges(
  saved: SavedStamps | null,
  lastSeq: number,
  { hq, own }: Heard,
): readonly StampRange[] {
  const offset = hq - own;
  const before = saved?.seq ?? 0;
  // The outbox may be empty: its numbers go on all the same.
  const seq = Math.max(before, lastSeq);
  const fresh: StampRange = {
    after: before,
    upto: seq,
    from: saved?.at ?? null,
    until: hq,
    offset,
  };
  const open: StampRange = { after: seq, upto: null, from: hq, until: null, offset };
  return [...(saved?.ranges ?? []), ...(seq > before ? [fresh] : []), open];
}

/** The oldest ranges made one, so that a row which waits for weeks does not keep the times of every cycle since. */
export function joinOldest(ranges: readonly StampRange[]): readonly StampRange[] {
  const [first] = ranges;
  const spare = ranges.length - MOST_RANGES;
  const last = ranges[spare];
  if (first === undefined || last === undefined || spare <= 0) return ranges;
  return [{ ...last, after: first.after, from: first.from }, ...ranges.slice(spare + 1)];
}

type Times = Pick<LocalStore, 'entryTimes'>;

interface Known {
  /** Everything up to this number has been read. */
  readonly upto: number;
  readonly seqs: readonly number[];
  readonly stamps: readonly Time[];
}

/** The stamps of one run. Times are read from the outbox when the first stamp of a range is asked for, not before. */
export class Stamps {
  readonly #ranges: readonly StampRange[];
  readonly #local: Times;
  readonly #now: () => Time;
  readonly #known = new Map<StampRange, Known>();
  readonly #saved: Pick<SavedStamps, 'seq' | 'at'>;
  #unsaved: boolean;

  /** `now`: HQ's time at this moment. */
  constructor(
    local: Times,
    saved: SavedStamps | null,
    lastSeq: number,
    heard: Heard,
    now: () => Time,
  ) {
    this.#local = local;
    this.#ranges = nextRanges(saved, lastSeq, heard);
    this.#saved = { seq: Math.max(saved?.seq ?? 0, lastSeq), at: heard.hq };
    this.#now = now;
    this.#unsaved = lastSeq > (saved?.seq ?? 0);
  }

  /** This run has seen entries for the first time, and nothing of it is saved yet. */
  get unsaved(): boolean {
    return this.#unsaved;
  }

  /** Entries of one row with their stamps for times. A new row's insert alone is never compared, and stays as it is. */
  stamped(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
    const [first] = entries;
    if (entries.length === 1 && first?.op === 'I') return entries;
    return entries.map((entry) => ({ ...entry, at: this.of(entry) }));
  }

  /** ISO 8601, UTC. */
  of({ seq }: Pick<OutboxEntry, 'seq'>): string {
    const range = this.#ranges.find(
      ({ after, upto }) => seq > after && (upto === null || seq <= upto),
    );
    const known = range === undefined ? undefined : this.#knownOf(range, seq);
    const place = known === undefined ? -1 : placeOf(known.seqs, seq);
    return new Date(known?.stamps[place] ?? this.#now()).toISOString();
  }

  /** What is to be saved: of the ranges those that still have entries. */
  save(): SavedStamps {
    this.#unsaved = false;
    const closed = this.#ranges.filter(({ upto }) => upto !== null);
    const waiting = closed.filter(
      ({ after, upto }) => this.#local.entryTimes(after, upto ?? after, 1).length > 0,
    );
    return { ...this.#saved, ranges: joinOldest(waiting) };
  }

  #knownOf(range: StampRange, seq: number): Known {
    const known = this.#known.get(range);
    if (known !== undefined && known.upto >= seq) return known;
    const seqs: number[] = [];
    const times: Time[] = [];
    const upto = range.upto ?? Number.MAX_SAFE_INTEGER;
    for (let read = this.#local.entryTimes(range.after, upto, READ_AT_ONCE); read.length > 0;) {
      for (const [number, at] of read) {
        seqs.push(number);
        times.push(Date.parse(at) + range.offset);
      }
      read = this.#local.entryTimes(seqs.at(-1) ?? upto, upto, READ_AT_ONCE);
    }
    const stamps = stampsOf(
      times,
      range.from ?? Number.NEGATIVE_INFINITY,
      range.until ?? this.#now(),
    );
    const fresh = {
      upto: range.upto ?? Math.max(seq, seqs.at(-1) ?? 0),
      seqs,
      // Without a bound nothing can be said of a time that is none.
      stamps: stamps.map((time) => (Number.isFinite(time) ? time : 0)),
    };
    this.#known.set(range, fresh);
    return fresh;
  }
}

/** Binary search; -1: not there. */
function placeOf(seqs: readonly number[], seq: number): number {
  for (let low = 0, high = seqs.length - 1; low <= high;) {
    const middle = (low + high) >> 1;
    const found = seqs[middle] ?? 0;
    if (found === seq) return middle;
    if (found < seq) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
