/** One token of a statement of SQLite's, as offsets into it. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const tokenPattern =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|\S/g;
/** The statement without comments and white space. */
export function tokensOf(sql: string): Token[] {
  return [...sql.matchAll(tokenPattern)]
    .map((match) => ({ text: match[0], start: match.index, end: match.index + match[0].length }))
    .filter(({ text }) => !text.startsWith('--') && !text.startsWith('/*'));
}

/** A name as it was written, without its quotes. */
export function unquoted(text: string): string {
  return /^["`[]/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}
