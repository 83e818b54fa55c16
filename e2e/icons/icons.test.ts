import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STATES } from '../../shared/status.ts';
import { TRAY_ICONS } from '../../shared/tray.ts';
import { iconFolder, PANELS, paintOf } from './drawing.ts';
import { APP_ICO_SIZES, ICO_FILES, PNG_FILES, WINDOWS_SIZES } from './files.ts';
import { ICNS_SIZES, icnsBlocks } from './icns.ts';
import { ico, icoSizes } from './ico.ts';

const read = (path: string): Buffer => readFileSync(join(iconFolder, path));
const pngSize = (file: Buffer): [number, number] => {
  expect(file.toString('latin1', 1, 4)).toBe('PNG');
  return [file.readUInt32BE(16), file.readUInt32BE(20)];
};

describe('every state has its files', () => {
  test.each(PNG_FILES)('$path', ({ path, size }) => {
    expect(pngSize(read(path))).toEqual([size, size]);
  });
  test.each(ICO_FILES)('$path', ({ path }) => {
    expect(icoSizes(read(path))).toEqual([...WINDOWS_SIZES]);
  });
});

test('no file lies about that no state uses', () => {
  const known = new Set([...PNG_FILES, ...ICO_FILES].map(({ path }) => path));
  const found = readdirSync(iconFolder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(linux|mac|windows)\b/.test(path))
    .filter((path) => statSync(join(iconFolder, path)).isFile());
  expect(found.filter((path) => !known.has(path))).toEqual([]);
});

test('no two states look alike, in colour and in one colour', () => {
  for (const folder of ['linux/dark', 'linux/light', 'mac']) {
    const pictures = TRAY_ICONS.map((icon) =>
      read(join(folder, folder === 'mac' ? `${icon}Template.png` : `${icon}-22.png`)).toString(
        'base64',
      ),
    );
    expect(new Set(pictures).size).toBe(TRAY_ICONS.length);
  }
});

test('the app has its icon for each system', () => {
  expect(pngSize(read('icon.png'))).toEqual([512, 512]);
  expect(icoSizes(read('icon.ico'))).toEqual([...APP_ICO_SIZES, 256]);
  const blocks = icnsBlocks(read('icon.icns'));
  const sizes = blocks.map(({ png }) => pngSize(png)[0]);
  expect([...new Set(sizes)]).toEqual([...ICNS_SIZES]);
});

/** WCAG's contrast of two colours. */
function contrast(one: string, other: string): number {
  const light = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [light(one), light(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test.each(['light', 'dark'] as const)('every shape and mark stands out on a %s panel', (panel) => {
  for (const state of STATES) {
    const { body, mark } = paintOf(state, panel);
    expect(contrast(body, PANELS[panel]), state).toBeGreaterThanOrEqual(4.5);
    expect(contrast(mark, body), state).toBeGreaterThanOrEqual(4.5);
  }
});

test('a Windows icon holds its rows from the bottom, blue first', () => {
  const rgba = Buffer.from([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7, 6]);
  const file = ico([{ size: 2, rgba }]);
  const bitmap = file.subarray(file.readUInt32LE(18));
  expect([...bitmap.subarray(40, 56)]).toEqual([0, 0, 0, 0, 7, 8, 9, 6, 3, 2, 1, 4, 0, 0, 0, 0]);
});
