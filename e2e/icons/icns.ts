/** The kinds of picture in a macOS icon that hold a PNG, by their pixels; the second of a size is for dense screens. */
const KINDS: readonly (readonly [kind: string, size: number])[] = [
  ['icp4', 16],
  ['icp5', 32],
  ['ic11', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
];

export const ICNS_SIZES = [...new Set(KINDS.map(([, size]) => size))];

const HEADER = 8;

function block(kind: string, data: Buffer): Buffer {
  const head = Buffer.alloc(HEADER);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(HEADER + data.length, 4);
  return Buffer.concat([head, data]);
}

/** A macOS icon from PNG files, one for each of `ICNS_SIZES`. */
export function icns(png: ReadonlyMap<number, Buffer>): Buffer {
  return block(
    'icns',
    Buffer.concat(
      KINDS.map(([kind, size]) => {
        const data = png.get(size);
        if (data === undefined) throw new Error(`no picture of ${size} pixels`);
        return block(kind, data);
      }),
    ),
  );
}

/** The kinds in a macOS icon, each with its PNG. */
export function icnsBlocks(file: Buffer): { kind: string; png: Buffer }[] {
  const blocks: { kind: string; png: Buffer }[] = [];
  for (let at = HEADER; at < file.length; at += file.readUInt32BE(at + 4)) {
    const kind = file.toString('latin1', at, at + 4);
    blocks.push({ kind, png: file.subarray(at + HEADER, at + file.readUInt32BE(at + 4)) });
  }
  return blocks;
}
