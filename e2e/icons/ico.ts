/** One picture, as its pixels: rows from the top, four bytes (red, green, blue, alpha) each. */
export interface Pixels {
  readonly size: number;
  readonly rgba: Buffer;
}

const HEADER = 6;
const ENTRY = 16;
const BITMAP_HEADER = 40;

/**
 * A bitmap as an icon wants it: rows from the bottom, blue first, with an empty mask behind (the alpha counts). Not
 * PNG: Windows promises that inside an icon only for 256 pixels.
 */
function bitmap({ size, rgba }: Pixels): Buffer {
  const maskRow = Math.ceil(size / 32) * 4;
  const header = Buffer.alloc(BITMAP_HEADER);
  header.writeUInt32LE(BITMAP_HEADER, 0);
  header.writeInt32LE(size, 4);
  header.writeInt32LE(2 * size, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(32, 14);
  const body = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const from = (y * size + x) * 4;
      const to = ((size - 1 - y) * size + x) * 4;
      body[to] = rgba[from + 2] ?? 0;
      body[to + 1] = rgba[from + 1] ?? 0;
      body[to + 2] = rgba[from] ?? 0;
      body[to + 3] = rgba[from + 3] ?? 0;
    }
  }
  return Buffer.concat([header, body, Buffer.alloc(maskRow * size)]);
}

/** A Windows icon of several sizes; `png` holds those of 256 pixels, which are stored as they are. */
export function ico(pictures: readonly Pixels[], png: readonly Buffer[] = []): Buffer {
  const images = [
    ...pictures.map((picture) => ({ size: picture.size, data: bitmap(picture) })),
    ...png.map((data) => ({ size: 256, data })),
  ];
  const head = Buffer.alloc(HEADER);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = HEADER + images.length * ENTRY;
  const entries = images.map(({ size, data }) => {
    const entry = Buffer.alloc(ENTRY);
    // One byte has no 256: zero stands for it.
    entry.writeUInt8(size % 256, 0);
    entry.writeUInt8(size % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(data.length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += data.length;
    return entry;
  });
  return Buffer.concat([head, ...entries, ...images.map(({ data }) => data)]);
}

/** The sizes in a Windows icon, in their order. */
export function icoSizes(file: Buffer): number[] {
  const count = file.readUInt16LE(4);
  return Array.from({ length: count }, (_, at) => file.readUInt8(HEADER + at * ENTRY) || 256);
}
