import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Plan } from '../../shared/plan.ts';
import type { NumberPlace } from '../local/find-number.ts';
import { resourcesFolder } from './resources.ts';

const schema = z.strictObject({
  version: z.literal(1),
  numbers: z.array(
    z.strictObject({
      table: z.string().min(1),
      column: z.string().min(1),
      made: z.string().min(1).optional(),
    }),
  ),
});

export type ReceiptPlaces = z.infer<typeof schema>;

/** Where receipt numbers stand: data, because another shop calls its tables otherwise. */
export function readReceiptPlaces(path = join(resourcesFolder, 'receipts.yaml')): ReceiptPlaces {
  return schema.parse(parse(readFileSync(path, 'utf8')));
}

/** Those that the plan has. */
export function placesIn(plan: Plan, { numbers }: ReceiptPlaces): NumberPlace[] {
  return numbers.flatMap(({ table: name, column: number, made }) => {
    const table = plan.tables.find((candidate) => candidate.name === name);
    const column = table?.columns.find(({ hq }) => hq === number);
    if (table === undefined || column === undefined) return [];
    return [{ table, column, made: table.columns.find(({ hq }) => hq === made) ?? null }];
  });
}
