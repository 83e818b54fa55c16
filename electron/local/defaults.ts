import type { ValueKind } from '../../shared/plan.ts';
import { id, text } from './sql.ts';

/** `ts` as payflow.db holds it: UTC, milliseconds, Z. */
export const nowSql = `strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`;

/** A random UUID (version 4) by built-in functions only: other programs' connections evaluate it. */
export const uuidSql =
  `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || ` +
  `substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

/** A default for SQLite's DDL. `ALTER TABLE ADD COLUMN` takes only a constant one. */
export interface LocalDefault {
  readonly sql: string;
  readonly constant: boolean;
}

const cast = /::[a-z_][a-z0-9_ ."]*(\(\d+(,\d+)?\))?( with(out)? time zone)?(\[\])?$/i;
const nowCall =
  /^(now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|transaction_timestamp\(\)|(CURRENT_TIMESTAMP|LOCALTIMESTAMP)(\(\d\))?)$/i;

/**
 * HQ's default expression, as `pg_get_expr` prints it, in SQLite's words; null where it has no faithful
 * translation: a missing default is a visible gap, a wrong one is a wrong row.
 */
export function translateDefault(expression: string, kind: ValueKind): LocalDefault | null {
  const bare = withoutCasts(expression);
  if (isNow(bare)) return nowDefault(kind);
  if (/^(gen_random_uuid|uuid_generate_v4)\(\)$/i.test(bare)) return computed(uuidSql);
  if (kind === 'date' && /^CURRENT_DATE$/i.test(bare)) return computed(`date('now')`);
  const value = literalOf(bare);
  return value === null ? null : constantDefault(value, kind);
}

function withoutCasts(expression: string): string {
  const trimmed = expression.trim();
  const inner = unwrapped(trimmed);
  if (inner !== trimmed) return withoutCasts(inner);
  // A cast inside a quoted text is not one: the text ends with its quote.
  const shorter = trimmed.endsWith("'") ? trimmed : trimmed.replace(cast, '');
  return shorter === trimmed ? trimmed : withoutCasts(shorter);
}

/** `(a)` -> `a`, but not `(a) + (b)`. */
function unwrapped(expression: string): string {
  return /^\([^()]*(\(\d?\))?[^()]*\)$/.test(expression)
    ? expression.slice(1, -1).trim()
    : expression;
}

/** PayFlow's times are UTC on both sides, so "now, at UTC" is now. */
function isNow(bare: string): boolean {
  const utc =
    /^timezone\('utc'(?:::text)?, (.+)\)$/i.exec(bare) ??
    /^(.+) AT TIME ZONE 'utc'(?:::text)?$/i.exec(bare);
  return nowCall.test(withoutCasts(utc?.[1] ?? bare));
}

function nowDefault(kind: ValueKind): LocalDefault | null {
  if (kind === 'timestamp' || kind === 'timestamptz') return computed(nowSql);
  return kind === 'date' ? computed(`date('now')`) : null;
}

function literalOf(bare: string): string | null {
  const quoted = /^'((?:[^']|'')*)'$/.exec(bare);
  if (quoted !== null) return (quoted[1] ?? '').replaceAll("''", "'");
  return /^(-?\d+(\.\d+)?|true|false)$/i.test(bare) ? bare.toLowerCase() : null;
}

function constantDefault(value: string, kind: ValueKind): LocalDefault | null {
  switch (kind) {
    case 'boolean':
      if (/^(t|true|f|false)$/i.test(value)) return constant(/^t/i.test(value) ? '1' : '0');
      return null;
    case 'integer':
      return /^-?\d+$/.test(value) ? constant(value) : null;
    case 'float':
      return /^-?\d+(\.\d+)?$/.test(value) ? constant(value) : null;
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(value) ? constant(text(value)) : null;
    case 'array':
      return value === '{}' ? constant(text('[]')) : null;
    case 'bytes': // HQ's text of a bytea is not a blob
    case 'timestamptz': // its text depends on the session that printed it
      return null;
    case 'text':
    case 'timestamp':
    case 'date':
    case 'time':
    case 'uuid':
    case 'json':
      return constant(text(value));
  }
}

function constant(sql: string): LocalDefault {
  return { sql, constant: true };
}

function computed(sql: string): LocalDefault {
  return { sql: `(${sql})`, constant: false };
}

/**
 * HQ's generation expression over the terminal's columns, or null when it is more than plain arithmetic (then the column
 * is an ordinary one and stays empty). `kinds` maps HQ's column names to the terminal's name and kind.
 */
export function translateGenerated(
  expression: string,
  kind: ValueKind,
  scale: number | null,
  columns: ReadonlyMap<string, { readonly local: string; readonly kind: ValueKind }>,
): string | null {
  const tokens =
    expression.match(/"(?:[^"]|"")+"|[A-Za-z_][\w$]*|\d+(?:\.\d+)?|[-+*/()]|\S/g) ?? [];
  const numeric: readonly ValueKind[] = ['integer', 'float', 'decimal'];
  let exact = true;
  const translated = tokens.map((token) => {
    if (/^[-+*()]$|^\d/.test(token)) return token;
    // SQLite divides '7' by '2' as whole numbers: only what HQ too divides as whole numbers is the same.
    if (token === '/' && kind === 'integer') return token;
    const name = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
    const column = columns.get(name);
    if (column === undefined || !numeric.includes(column.kind)) exact = false;
    return id(column?.local ?? name);
  });
  if (!exact || !numeric.includes(kind)) return null;
  const sql = translated.join(' ');
  if (kind !== 'decimal') return sql;
  return scale === null
    ? null
    : `CASE WHEN (${sql}) IS NOT NULL THEN printf('%.${scale}f', ${sql}) END`;
}
