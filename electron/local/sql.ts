/** An identifier for SQLite. Every name that reaches a statement passes here (RELIABILITY S10). */
export function id(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal for generated SQL; values of a running statement are bound, never written with this. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * `a op b op c ...` as a balanced tree: SQLite refuses an expression deeper than 1000, and a chain is as deep as
 * it is long. A wide table must not make the POS's write fail.
 */
export function balanced(parts: readonly string[], operator: string, empty: string): string {
  const [first] = parts;
  if (first === undefined) return empty;
  if (parts.length === 1) return first;
  const middle = Math.ceil(parts.length / 2);
  const left = balanced(parts.slice(0, middle), operator, empty);
  return `(${left} ${operator} ${balanced(parts.slice(middle), operator, empty)})`;
}
