import type { BookDifference, BookLineShown, BooksReport } from '../../shared/rows.ts';
import { addDecimals, type Canonical } from '../sync/codec.ts';
import { otherWork } from '../sync/download/buckets.ts';
import type { ScannedRow } from '../sync/local-port.ts';
import type { Book, BookAmounts, BookGroup, BookLine, BookSums } from '../sync/ports.ts';
import { canonicalRows } from '../sync/translate.ts';
import type { Checker } from './verify.ts';

/** Rows read and added up at a time. */
const PAGE = 1_000;

/**
 * The money check (DESIGN 10 `verify --books`): per shift and tender, count, net, tax and total of both sides in exact
 * decimals. Rows with a reason to differ (unsent, held, rejected, kept) are left out on both sides and counted. The first
 * receipt that differs is named. Reads only.
 */
export async function compareBooks(run: Checker, books: readonly Book[]): Promise<BooksReport> {
  const lines: BookLineShown[] = [];
  let explained = 0;
  let first: BookDifference | null = null;
  for (const book of books) {
    const { sums, aside, fresh } = await sumsHere(run, book);
    const theirs = new Map(
      (await run.remote.sumBook(book, aside)).map((one) => [nameOf(one), one]),
    );
    explained += aside.length + fresh;
    const groups = new Map([...theirs, ...sums]);
    for (const name of [...groups.keys()].toSorted()) {
      const group = groups.get(name);
      if (group === undefined) continue;
      const line = lineOf(book, group, theirs.get(name), sums.get(name));
      lines.push(line);
      if (!line.equal) first ??= await firstDiffering(run, book, aside, group);
    }
  }
  return { equal: lines.every(({ equal }) => equal), explained, lines, first };
}

const nameOf = ({ shift, tender }: BookGroup): string => JSON.stringify([shift, tender]);

function lineOf(
  book: Book,
  { shift, tender }: BookGroup,
  hq: BookSums | undefined,
  terminal: BookSums | undefined,
): BookLineShown {
  const [theirs, ours] = [shown(hq), shown(terminal)];
  const equal = theirs.count === ours.count && sameAmounts(theirs, ours);
  return { table: book.table.name, shift, tender, hq: theirs, terminal: ours, equal };
}

function shown(sums: BookSums | undefined): BookLineShown['hq'] {
  const { count, net, tax, total } = sums ?? { count: 0, net: '0', tax: '0', total: '0' };
  return { count, net, tax, total };
}

function sameAmounts(a: BookAmounts, b: BookAmounts): boolean {
  return a.net === b.net && a.tax === b.tax && a.total === b.total;
}

// ------------------------------------------------------------------------------------ this terminal

interface LineHere extends BookLine, BookGroup {}

/** One pass over the rows, in one snapshot; `aside`: HQ's keys of rows that have a reason to differ; `fresh`: rows HQ lacks. */
async function sumsHere(
  run: Checker,
  book: Book,
): Promise<{ sums: Map<string, BookSums>; aside: string[]; fresh: number }> {
  const aside = new Set(
    [...run.local.held(), ...run.local.rejected('download')]
      .filter(({ table, direction }) => table === book.table.name && direction === 'download')
      .map(({ id }) => id),
  );
  for (const key of run.local.unsentDeletes(book.table)) aside.add(key);
  const sums = new Map<string, BookSums>();
  const fresh = await eachLine(run, book, (line, isOpen) => {
    if (isOpen) aside.add(line.key);
    else {
      const before = sums.get(nameOf(line));
      sums.set(nameOf(line), added(before, line));
    }
  });
  return { sums, aside: [...aside], fresh };
}

/** Exported for its property test. */
export function added(before: BookSums | undefined, line: BookGroup & BookAmounts): BookSums {
  const { shift, tender, net, tax, total } = line;
  if (before === undefined) return { shift, tender, count: 1, net, tax, total };
  return {
    shift,
    tender,
    count: before.count + 1,
    net: addDecimals(before.net, net),
    tax: addDecimals(before.tax, tax),
    total: addDecimals(before.total, total),
  };
}

/** Calls `each` with every row HQ knows; open: it is unsent. Answers with the number of unsent rows HQ does not know. */
async function eachLine(
  run: Checker,
  book: Book,
  each: (line: LineHere, isOpen: boolean) => void,
): Promise<number> {
  let fresh = 0;
  await run.local.snapshot(async () => {
    for (let after: string | null = null, seen = 0; ;) {
      const page = run.local.scanPage(book.table, after, PAGE);
      const rows = page.filter(({ key, kept }) => key !== null && !kept);
      fresh += page.filter(({ key, captured }) => key === null && captured).length;
      for (const { line, captured } of linesOf(run, book, rows)) each(line, captured);
      seen += page.length;
      run.onProgress({ phase: 'compare', table: book.table.name, done: seen, total: null });
      after = page.at(-1)?.localId ?? null;
      if (page.length < PAGE || after === null) return;
      await otherWork();
      run.checkCancelled();
    }
  });
  return fresh;
}

function linesOf(
  run: Checker,
  book: Book,
  rows: readonly ScannedRow[],
): { line: LineHere; captured: boolean }[] {
  const canonical = canonicalRows(run, book.table, rows);
  const parents = book.through === null ? null : parentsOf(run, book, rows);
  return canonical.map((row, place) => {
    const own = rows[place];
    const parent = parents === null ? row.values : (parents[place] ?? []);
    const amount = (index: number | null | undefined): string =>
      (index == null ? null : row.values[index]) ?? '0';
    const [net, tax, total] = book.amounts;
    return {
      captured: own?.captured ?? false,
      line: {
        key: own?.key ?? '',
        receipt: parent[book.receipt] ?? null,
        shift: parent[book.shift] ?? null,
        tender: row.values[book.tender] ?? null,
        net: amount(net),
        tax: amount(tax),
        total: amount(total),
      },
    };
  });
}

/** The canonical values of the rows that these point at. */
function parentsOf(
  run: Checker,
  book: Book,
  rows: readonly ScannedRow[],
): (readonly Canonical[] | undefined)[] {
  const ids = rows.map((row) => {
    const value = row.values[book.through ?? -1];
    return typeof value === 'string' ? value : null;
  });
  const found = run.local.rows(book.parent, [...new Set(ids.filter((one) => one !== null))]);
  const values = new Map(
    canonicalRows(run, book.parent, [...found.values()]).map((row) => [row.localId, row.values]),
  );
  return ids.map((one) => (one === null ? undefined : values.get(one)));
}

// ------------------------------------------------------------------------------ the one that differs

/** In the order of their names: where a person begins to read. */
async function firstDiffering(
  run: Checker,
  book: Book,
  aside: readonly string[],
  group: BookGroup,
): Promise<BookDifference | null> {
  const theirs = new Map(
    (await run.remote.linesOfBook(book, aside, group)).map((line) => [line.key, line]),
  );
  const ours = new Map<string, BookLine>();
  const out = new Set(aside);
  await eachLine(run, book, (line) => {
    if (nameOf(line) === nameOf(group) && !out.has(line.key)) ours.set(line.key, line);
  });
  const differing = [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((key) => {
    const [hq, terminal] = [theirs.get(key), ours.get(key)];
    if (hq !== undefined && terminal !== undefined && sameAmounts(hq, terminal)) return [];
    const receipt = terminal?.receipt ?? hq?.receipt ?? null;
    return [{ key, receipt, hq: amounts(hq), terminal: amounts(terminal) }];
  });
  const [first] = differing.toSorted((a, b) => order(a.receipt ?? a.key, b.receipt ?? b.key));
  if (first === undefined) return null;
  const { key, ...rest } = first;
  const { shift, tender } = group;
  return { table: book.table.name, id: key, shift, tender, ...rest };
}

function amounts(line: BookLine | undefined): BookAmounts | null {
  return line === undefined ? null : { net: line.net, tax: line.tax, total: line.total };
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
