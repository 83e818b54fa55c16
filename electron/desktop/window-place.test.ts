import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOn, type Area } from './window-place.ts';

const main: Area = { x: 0, y: 0, width: 1920, height: 1040 };
const second: Area = { x: 1920, y: 0, width: 1024, height: 768 };
const saved = { x: 2000, y: 40, width: 900, height: 700, maximized: true };

test('the window opens where it was', () => {
  expect(placeOn(saved, [main, second])).toEqual(saved);
});

test('the first time it opens in the middle of the main screen', () => {
  expect(placeOn(null, [main, second])).toEqual({
    x: 410,
    y: 150,
    width: 1100,
    height: 740,
    maximized: false,
  });
});

test('when its screen is gone it opens in the middle of one that is there', () => {
  expect(placeOn(saved, [main])).toEqual({ ...saved, x: 510, y: 170 });
});

test('wherever it was and whatever screens are there, it opens wholly on one of them', () => {
  const number = fc.integer({ min: -5_000, max: 5_000 });
  const size = fc.integer({ min: 1, max: 8_000 });
  const screens = fc.array(
    fc.record({
      x: number,
      y: number,
      width: fc.integer({ min: 640, max: 4_000 }),
      height: fc.integer({ min: 480, max: 4_000 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const place = fc.option(
    fc.record({ x: number, y: number, width: size, height: size, maximized: fc.boolean() }),
  );
  fc.assert(
    fc.property(place, screens, (was, areas) => {
      const now = placeOn(was, areas);
      const inside = areas.some(
        (area) =>
          now.x >= area.x &&
          now.y >= area.y &&
          now.x + now.width <= area.x + area.width &&
          now.y + now.height <= area.y + area.height,
      );
      expect(inside).toBe(true);
    }),
  );
});
