/** Every name that goes into a statement goes through here, whoever has checked it before. */

/** One quoted identifier. */
export function id(name: string): string {
  if (name === '' || name.includes('\0')) throw new Error('not an identifier');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted, schema-qualified relation or function. */
export function qualified(relation: { readonly schema: string; readonly name: string }): string {
  return `${id(relation.schema)}.${id(relation.name)}`;
}

/** A string literal, safe whatever standard_conforming_strings says. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
