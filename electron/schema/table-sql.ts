import { type Token, tokensOf, unquoted } from '../local/sql-tokens.ts';

/** One definition inside the parentheses of a CREATE TABLE, as offsets into the statement. */
interface Definition {
  readonly name: string;
  /** Where the declared type stands; empty (start = end) where there is none. */
  readonly typeStart: number;
  readonly typeEnd: number;
}

const constraintWords = new Set([
  'constraint',
  'primary',
  'not',
  'null',
  'unique',
  'check',
  'default',
  'collate',
  'references',
  'generated',
  'as',
]);
const tableWords = new Set(['constraint', 'primary', 'unique', 'check', 'foreign']);

/**
 * The CREATE TABLE of an existing table, under another name and with other types of some columns; all else (CHECKs,
 * collations, defaults, comments, column order) stays letter by letter. Null when the statement cannot be read safely.
 *
 * Refused: building the statement from the pragmas, which know nothing of CHECK and COLLATE; adding a new column and
 * dropping the old one, which changes the order that a POS's `INSERT INTO t VALUES (...)` relies on.
 */
export function retypeTable(
  sql: string,
  newName: string,
  types: ReadonlyMap<string, string>,
): string | null {
  const tokens = tokensOf(sql);
  const open = tokens.findIndex(({ text }) => text === '(');
  const name = tokens[open - 1];
  if (open < 3 || name === undefined || tokens[0]?.text.toUpperCase() !== 'CREATE') return null;
  const definitions = definitionsOf(tokens.slice(open + 1));
  const edits = [{ start: name.start, end: name.end, text: newName }];
  for (const [column, type] of types) {
    const definition = definitions.find((each) => each.name.toLowerCase() === column.toLowerCase());
    if (definition === undefined) return null;
    const { typeStart, typeEnd } = definition;
    edits.push({ start: typeStart, end: typeEnd, text: typeStart === typeEnd ? ` ${type}` : type });
  }
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (result, { start, end, text }) => result.slice(0, start) + text + result.slice(end),
      sql,
    );
}

/**
 * Does a CHECK compare one of these columns? As text '20' is more than '100': under a new type the constraint could
 * refuse what the POS writes.
 */
export function isChecked(sql: string, columns: readonly string[]): boolean {
  const names = new Set(columns.map((name) => name.toLowerCase()));
  let depth = 0;
  return tokensOf(sql).some(({ text }, place, tokens) => {
    if (depth > 0 || (text === '(' && tokens[place - 1]?.text.toLowerCase() === 'check')) {
      depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    }
    return depth > 0 && names.has(unquoted(text).toLowerCase());
  });
}

function definitionsOf(tokens: readonly Token[]): Definition[] {
  const definitions: Definition[] = [];
  let depth = 0;
  let current: Token[] = [];
  const finish = (): void => {
    const definition = definitionOf(current);
    if (definition !== null) definitions.push(definition);
    current = [];
  };
  for (const token of tokens) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth < 0) break;
    if (token.text === ',' && depth === 0) finish();
    else current.push(token);
  }
  finish();
  return definitions;
}

function definitionOf(tokens: readonly Token[]): Definition | null {
  const [first, ...rest] = tokens;
  if (first === undefined || tableWords.has(first.text.toLowerCase())) return null;
  const name = unquoted(first.text);
  const until = rest.findIndex(({ text }) => constraintWords.has(text.toLowerCase()));
  const type = until === -1 ? rest : rest.slice(0, until);
  return { name, typeStart: type[0]?.start ?? first.end, typeEnd: type.at(-1)?.end ?? first.end };
}
