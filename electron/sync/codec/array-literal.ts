/** One token of a JSON array; objects are only found here and read by `objectEnd`. */
const TOKEN = /\s*(?:([[\],])|("[^"\\]*(?:\\.[^"\\]*)*")|([^\s,[\]{}"]+)|(\{))/y;
const BRACE_OR_STRING = /[{}]|"[^"\\]*(?:\\.[^"\\]*)*"/g;

/**
 * A valid JSON array as PostgreSQL's array literal: `[1.50, "a", null, [true]]` -> `{1.50,"a",NULL,{true}}`.
 * A number stays the very text it is, an inner array is a further dimension, an object one element (its source
 * text), so that arrays of json can be written both as strings and as objects.
 */
export function arrayLiteral(json: string): string {
  let literal = '';
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(json); token !== null; token = TOKEN.exec(json)) {
    const [, mark, text, bare] = token;
    if (mark !== undefined) literal += mark === '[' ? '{' : mark === ']' ? '}' : ',';
    else if (text !== undefined) literal += quote(JSON.parse(text) as string);
    else if (bare !== undefined) literal += bare === 'null' ? 'NULL' : bare;
    else {
      const end = objectEnd(json, TOKEN.lastIndex - 1);
      literal += quote(json.slice(TOKEN.lastIndex - 1, end));
      TOKEN.lastIndex = end;
    }
  }
  return literal;
}

/** Where the object that begins at `start` ends. */
function objectEnd(json: string, start: number): number {
  let depth = 0;
  BRACE_OR_STRING.lastIndex = start;
  do {
    const found = BRACE_OR_STRING.exec(json)?.[0];
    if (found === undefined) return json.length;
    depth += found === '{' ? 1 : found === '}' ? -1 : 0;
  } while (depth > 0);
  return BRACE_OR_STRING.lastIndex;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
