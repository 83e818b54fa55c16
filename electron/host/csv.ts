type Cell = string | number | null;

/** What a spreadsheet takes for a formula; a plain number is none. */
const formula = /^[=+\-@\t\r]/;
const laterFormula = /;(?=[=+\-@\t\r])/g;
const plainNumber = /^[+-]?\d+(?:\.\d+)?$/;

/**
 * A table as CSV (RFC 4180), with the mark by which spreadsheets know UTF-8. Texts come from the shop and from HQ: what
 * a spreadsheet would run as a formula gets an apostrophe before it. Where the comma is for decimals, spreadsheets split at
 * semicolons instead, and see no quotes but those at the start of a line: what follows a semicolon is guarded too.
 */
export function csvOf(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [header, ...rows].map((cells) => cells.map(cellText).join(','));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const guarded = formula.test(cell) && !plainNumber.test(cell) ? `'${cell}` : cell;
  const safe = guarded.replaceAll(laterFormula, ";'");
  return /["\r\n,;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
