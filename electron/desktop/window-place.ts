import { z } from 'zod';

/** Where the window stood, in the screen's own units. */
const place = z.strictObject({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(100_000),
  height: z.int().min(1).max(100_000),
  maximized: z.boolean(),
});
export const windowPlace = place;
export type WindowPlace = z.infer<typeof place>;

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A small till's screen has 1024 x 768, less its panel. */
export const SMALLEST = { width: 640, height: 480 } as const;
const usual = { width: 1100, height: 740 } as const;

/** Their common area. */
function overlap(one: Area, other: Area): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return Math.max(width, 0) * Math.max(height, 0);
}

const within = (value: number, from: number, to: number): number =>
  Math.min(Math.max(value, from), Math.max(from, to));

/**
 * Where the window opens: as it was, but wholly on a screen that is there now. A screen that was taken away would
 * otherwise keep the window. `screens`: the areas without panels, the main one first.
 */
export function placeOn(saved: WindowPlace | null, screens: readonly Area[]): WindowPlace {
  const [main = { x: 0, y: 0, ...usual }] = screens;
  const size = saved ?? usual;
  const screen =
    saved === null
      ? main
      : screens.reduce(
          (best, each) => (overlap(saved, each) > overlap(saved, best) ? each : best),
          main,
        );
  const width = Math.min(Math.max(size.width, SMALLEST.width), screen.width);
  const height = Math.min(Math.max(size.height, SMALLEST.height), screen.height);
  const middle = {
    x: screen.x + Math.floor((screen.width - width) / 2),
    y: screen.y + Math.floor((screen.height - height) / 2),
  };
  const { x, y } = saved !== null && overlap(saved, screen) > 0 ? saved : middle;
  return {
    x: within(x, screen.x, screen.x + screen.width - width),
    y: within(y, screen.y, screen.y + screen.height - height),
    width,
    height,
    maximized: saved?.maximized ?? false,
  };
}
