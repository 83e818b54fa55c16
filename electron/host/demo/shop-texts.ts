import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { resourcesFolder } from '../resources.ts';

const names = z.array(z.string()).min(1);
const shelf = z.strictObject({
  name: z.string(),
  code: z.string(),
  price: z.tuple([z.int(), z.int()]),
  sizes: names.optional(),
  products: names,
});

const schema = z.strictObject({
  stores: z.array(
    z.strictObject({ code: z.string(), name: z.string(), address: z.string(), phone: z.string() }),
  ),
  terminals: z.array(z.strictObject({ code: z.string(), name: z.string(), store: z.string() })),
  firstNames: names,
  lastNames: names,
  cities: names,
  streets: names,
  suppliers: names,
  brands: names,
  departments: z.array(z.strictObject({ name: z.string(), shelves: z.array(shelf) })),
});

/** The names and places that the sample shop is made of. */
export type ShopTexts = z.infer<typeof schema>;
export type Shelf = z.infer<typeof shelf>;

export function readShopTexts(): ShopTexts {
  return schema.parse(parse(readFileSync(join(resourcesFolder, 'demo', 'shop.yaml'), 'utf8')));
}
