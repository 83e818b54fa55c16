/** Reads PostgreSQL's COPY text format (docs: "COPY", File Formats) chunk by chunk. */

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** One field: `\N` is null, a backslash introduces an escape. */
export function copyField(field: string): string | null {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return field.replace(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

/** Any escape but the null's: a row without one is read field by field at the price of a comparison. */
const OTHER_ESCAPE = /\\[^N]/;

/** Cuts a byte stream into rows. A row may span chunks; a chunk may end inside a character. */
export class CopyReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The complete rows of this chunk together with what was left of the last one. */
  rows(chunk: Buffer): (string | null)[][] {
    const end = chunk.lastIndexOf(10);
    if (end < 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return [];
    }
    const head = chunk.subarray(0, end);
    const text =
      this.#rest.length === 0
        ? head.toString('utf8')
        : Buffer.concat([this.#rest, head]).toString('utf8');
    this.#rest = Buffer.from(chunk.subarray(end + 1));
    const escaped = text.includes('\\');
    return text.split('\n').map((line) => {
      const fields: (string | null)[] = line.split('\t');
      if (!escaped) return fields;
      const plain = !OTHER_ESCAPE.test(line);
      for (let index = 0; index < fields.length; index += 1) {
        const field = fields[index] ?? '';
        fields[index] = field === '\\N' ? null : plain ? field : copyField(field);
      }
      return fields;
    });
  }
}
