/** Plain text for terminals. Everything from a database is untrusted: control characters never reach the screen. */

/** Without control characters (escape sequences and line breaks among them). */
export function printable(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null;
}

const width = (text: string): number => [...text].length;

/** An aligned table with a title line; numbers stand right. No rows: an empty text. */
export function textTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return '';
  const cells = columns.map(({ title, value }) => {
    const values = rows.map(value);
    const texts = values.map((cell) => (cell === null ? '-' : printable(String(cell))));
    const numeric = values.every((cell) => typeof cell === 'number');
    const widest = Math.max(...[title, ...texts].map(width));
    const pad = (text: string): string => {
      const space = ' '.repeat(widest - width(text));
      return numeric ? space + text : text + space;
    };
    return [title, ...texts].map(pad);
  });
  return [-1, ...rows.keys()]
    .map((line) =>
      cells
        .map((column) => column[line + 1] ?? '')
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `1 row`, `2 rows`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Parts with an empty line between them; empty parts are left out. */
export function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
