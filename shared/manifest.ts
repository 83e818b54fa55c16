import { z } from 'zod';

/** A plain SQL identifier, as the manifest may name it. Everything is quoted as well (RELIABILITY S10). */
const identifier = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/,
    'not a plain identifier (letters, digits and _, at most 63)',
  );

const strategy = z.enum(['newest', 'hq', 'terminal', 'add', 'append']);

const scope = z.union([
  z.literal('everyone'),
  z.strictObject({ store: identifier, everyone_when: identifier.optional() }),
  z.strictObject({ terminal: identifier }),
  z.strictObject({ via: identifier }),
]);

const table = z.strictObject({
  scope,
  direction: z.enum(['download', 'upload', 'both']),
  strategy,
  columns: z.record(identifier, strategy).default({}),
  rename: z.record(identifier, identifier).default({}),
  soft: z
    .record(identifier, z.union([identifier, z.strictObject({ table_from: identifier })]))
    .default({}),
  quiet: z.array(identifier).default([]),
  secret: z.array(identifier).default([]),
  fill: z.record(identifier, z.literal('batch')).default({}),
  exclude: z.strictObject({ column: identifier, prefix: z.string().min(1) }).optional(),
});

/** The manifest as people write it (`resources/manifest.yaml`); the catalogue completes it to a `Plan`. */
export const manifestSchema = z.strictObject({
  version: z.literal(1),
  schema: identifier.default('public'),
  terminals: z.strictObject({ table: identifier, code: identifier, store: identifier }),
  terminal_column: identifier.default('terminal_id'),
  tables: z
    .record(identifier, table)
    .refine((tables) => Object.keys(tables).length > 0, 'names no table'),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestTable = z.infer<typeof table>;
