import type { ValueKind } from '../../shared/plan.ts';
import type { CatalogueColumn } from './catalogue.ts';

/** Everything that is not here and no array travels as HQ's own text. */
const kinds: Readonly<Record<string, ValueKind>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'decimal',
  money: 'decimal',
  float4: 'float',
  float8: 'float',
  bool: 'boolean',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  date: 'date',
  time: 'time',
  timetz: 'time',
  uuid: 'uuid',
  bytea: 'bytes',
  json: 'json',
  jsonb: 'json',
};

export function kindOf(column: CatalogueColumn): ValueKind {
  return column.category === 'A' ? 'array' : (kinds[column.baseName] ?? 'text');
}

/** Digits after the point: a numeric's scale (it may be negative), a time's fraction; null where there is no limit. */
export function scaleOf(column: CatalogueColumn): number | null {
  const modifier = column.baseModifier;
  if (modifier < 0) return null;
  switch (kindOf(column)) {
    case 'decimal':
      // numeric_typmod_scale(): eleven bits, two's complement.
      return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return modifier;
    case 'text':
    case 'integer':
    case 'float':
    case 'boolean':
    case 'date':
    case 'uuid':
    case 'bytes':
    case 'json':
    case 'array':
      return null;
  }
}
