import type { Message } from '../../shared/report.ts';
import type { HeldGroup, RejectedRowDetail, RowDetail } from '../../shared/views.ts';
import { rowLabel } from '../components/table-label.ts';

/** What a screen asks its texts for: `t` of `useText`. */
export type Say = (key: string, params?: Readonly<Record<string, string | number>>) => string;

type Waiting = Pick<HeldGroup, 'why' | 'direction'>;

/** What makes a group the same one in a newer list; its `ref` changes with the reason. */
export function groupKey({
  direction,
  parentTable,
  parentId,
}: Pick<HeldGroup, 'direction' | 'parentTable' | 'parentId'>): string {
  return JSON.stringify([direction, parentTable, parentId]);
}

/** What the rows of a group wait for, as the key of its headline (parameter `count`). */
export function headlineKey({ why }: Pick<HeldGroup, 'why'>): string {
  switch (why) {
    case 'not-sent':
    case 'rejected':
    case 'deleted':
      return 'held.waits.parent';
    case 'children':
    case 'confirm':
    case 'pending':
      return `held.waits.${why}`;
  }
}

/** Why they wait, as the key of a sentence. Only a missing row is missing on one of two sides. */
export function whyKey({ why, direction }: Waiting): string {
  return headlineKey({ why }) === 'held.waits.parent'
    ? `held.why.${why}.${direction}`
    : `held.why.${why}`;
}

/** A parent that is to come from HQ can be asked for; one that has to go there cannot. */
export function canFetchParent({ why, direction }: Waiting): boolean {
  return direction === 'download' && headlineKey({ why }) === 'held.waits.parent';
}

/** A truth as ICU's select takes it. */
export function yesNo(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}

/** The group as text for the clipboard, one fact a line. `detail` is already a sentence. */
export function groupAsText(
  group: HeldGroup,
  say: Say,
  { since, detail }: { readonly since: string; readonly detail: string | null },
): string {
  return [
    say(headlineKey(group), { count: group.waiting }),
    rowLabel(group.parentTable, group.parentId),
    say(whyKey(group)),
    ...(detail === null ? [] : [detail]),
    say('held.since-and-tries', { since, tries: group.tries }),
  ].join('\n');
}

/** The row as text for the clipboard: its name, why it is here, then its values by their columns' own names. */
export function rowAsText(
  { table, id, message, values }: RowDetail,
  say: Say & { message(message: Message): string },
): string {
  const shown = values.map(({ column, value, secret }) => {
    if (secret) return `${column}: (${say('held.row.secret')})`;
    return `${column}: ${value ?? `(${say('held.row.none')})`}`;
  });
  return [rowLabel(table, id), say.message(message), ...shown].join('\n');
}

/** What stands in the fields of the form, by the place of a column. */
export type Drafts = Readonly<Record<number, string>>;

export function draftsOf(detail: Pick<RejectedRowDetail, 'values' | 'editable'>): Drafts {
  return Object.fromEntries(
    detail.editable.map((column) => [column, detail.values[column]?.value ?? '']),
  );
}

/**
 * The values that the form changed. A field that was emptied has no value (null): an empty text in its place would
 * clash with every other one where values must be unique, and is no number and no date.
 */
export function changedValues(
  detail: Pick<RejectedRowDetail, 'values' | 'editable'>,
  drafts: Drafts,
): { column: number; value: string | null }[] {
  return detail.editable.flatMap((column) => {
    const before = detail.values[column]?.value ?? '';
    const now = drafts[column] ?? before;
    return now === before ? [] : [{ column, value: now === '' ? null : now }];
  });
}
