import type { TablePlan } from '../../shared/plan.ts';
import {
  type CaptureFacts,
  isChanged,
  notApplying,
  record,
  type Trigger,
  trigger,
  wholeRow,
} from './capture-record.ts';
import { balanced, id } from './sql.ts';
import type { UniqueOfFile } from './unique-keys.ts';

/**
 * OR REPLACE takes rows out of the way and fires no delete trigger (DESIGN 4.3). Before it can, every row that shares a
 * unique key with what is written is recorded as an `R` entry. Whether it was replaced shows when the outbox is read: an
 * R is evidence, no change. A plain write asks each unique index once and records nothing.
 */
export function displacedTriggers(table: TablePlan, facts: CaptureFacts): Trigger[] {
  const matches = facts.uniques.flatMap((unique) => matchOf(table, facts, unique) ?? []);
  if (matches.length === 0) return [];
  const shares = balanced(
    matches.map((match) => `(${match})`),
    'OR',
    '0',
  );
  const captured = `${id(table.name)}."local_id" IS NOT NULL`;
  const other = `${id(table.name)}."local_id" IS NOT OLD."local_id"`;
  const exists = (more: string): string =>
    balanced(
      matches.map((match) => `EXISTS (SELECT 1 FROM ${id(table.name)} WHERE ${match}${more})`),
      'OR',
      '0',
    );
  const evidence = (more: string): string =>
    record(
      table,
      `${id(table.name)}."local_id"`,
      `${id(table.name)}."local_id"`,
      `'R'`,
      wholeRow(table, id(table.name), facts),
      `FROM ${id(table.name)} WHERE ${captured}${more} AND ${shares}`,
    );
  const columns = keyColumns(facts);
  return [
    trigger(table, 'put', 'BEFORE INSERT', [notApplying, exists('')], [evidence('')]),
    trigger(
      table,
      'move',
      `BEFORE UPDATE OF ${columns.map(id).join(', ')}`,
      [notApplying, balanced(columns.map(isChanged), 'OR', '0'), exists(` AND ${other}`)],
      [evidence(` AND ${other}`)],
    ),
  ];
}

/** Columns that some unique key reads. */
function keyColumns(facts: CaptureFacts): string[] {
  const names = facts.uniques.flatMap(({ terms, where }) => [
    ...terms.flatMap(({ column, text }) => (column === null ? namedIn(facts, text) : [column])),
    ...(where === null ? [] : namedIn(facts, where)),
  ]);
  const byName = new Map(names.map((name) => [name.toLowerCase(), name]));
  return [...byName.values()];
}

/** A row of the table holds this key's value of NEW. `=`: nulls never clash. */
function matchOf(table: TablePlan, facts: CaptureFacts, unique: UniqueOfFile): string | null {
  const terms = unique.terms.map(({ column, text, collation }) => {
    const mine = column === null ? `(${text})` : `${id(table.name)}.${id(column)}`;
    const theirs = column === null ? newValue(table, facts, text) : `NEW.${id(column)}`;
    return `${mine} COLLATE ${id(collation)} = ${theirs}`;
  });
  if (terms.length === 0) return null;
  return [...terms, ...(unique.where === null ? [] : [`(${unique.where})`])].join(' AND ');
}

/** The index's expression over the row that is written: the same text, over a table of one row made of NEW. */
function newValue(table: TablePlan, facts: CaptureFacts, expression: string): string {
  const columns = namedIn(facts, expression).map((name) => `NEW.${id(name)} AS ${id(name)}`);
  const row = columns.length === 0 ? '1' : columns.join(', ');
  return `(SELECT ${expression} FROM (SELECT ${row}) AS ${id(table.name)})`;
}

/** The file's columns whose names stand in an expression; one too many does no harm. */
function namedIn(facts: CaptureFacts, expression: string): string[] {
  const text = expression.toLowerCase();
  return [...(facts.columns ?? [])].filter((name) => text.includes(name));
}
