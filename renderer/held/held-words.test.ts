import { expect, test } from 'vitest';
import type { MissingWhy } from '../../shared/rows.ts';
import type { HeldGroup } from '../../shared/views.ts';
import english from './text.en.yaml';
import spanish from './text.es.yaml';
import {
  canFetchParent,
  changedValues,
  draftsOf,
  groupAsText,
  groupKey,
  headlineKey,
  rowAsText,
  whyKey,
} from './held-words.ts';

const reasons: readonly MissingWhy[] = [
  'not-sent',
  'rejected',
  'deleted',
  'children',
  'confirm',
  'pending',
];
const directions = ['download', 'upload'] as const;

const group: HeldGroup = {
  ref: 'g1',
  parentTable: 'orders',
  parentId: '55',
  why: 'not-sent',
  direction: 'download',
  waiting: 12,
  since: 0,
  tries: 3,
  nextTryAt: null,
  detail: null,
};

test('every reason to wait, in both directions, has its headline and its sentence in both languages', () => {
  for (const why of reasons) {
    for (const direction of directions) {
      for (const key of [headlineKey({ why }), whyKey({ why, direction })]) {
        expect(english[key], key).toBeTypeOf('string');
        expect(spanish[key], key).toBeTypeOf('string');
      }
    }
  }
});

test('a group is the same one when its reason and its ref have changed, and another for another parent', () => {
  const later: HeldGroup = { ...group, ref: 'g2', why: 'rejected', waiting: 3 };

  expect(groupKey(later)).toBe(groupKey(group));
  expect(groupKey({ ...group, direction: 'upload' })).not.toBe(groupKey(group));
  expect(groupKey({ ...group, parentId: '56' })).not.toBe(groupKey(group));
});

test('a parent can be fetched where it is to come from HQ, and nowhere else', () => {
  const fetchable = reasons.flatMap((why) =>
    directions.filter((direction) => canFetchParent({ why, direction })).map((to) => [why, to]),
  );

  expect(fetchable).toEqual([
    ['not-sent', 'download'],
    ['rejected', 'download'],
    ['deleted', 'download'],
  ]);
});

test('the copied text names the parent, says why it is missing, and since when', () => {
  const say = (key: string, params = {}): string => `${key} ${JSON.stringify(params)}`;

  const text = groupAsText(group, say, { since: '14:32', detail: 'HQ lacks it.' });

  expect(text.split('\n')).toEqual([
    'held.waits.parent {"count":12}',
    'Orders · 55',
    'held.why.not-sent.download {}',
    'HQ lacks it.',
    'held.since-and-tries {"since":"14:32","tries":3}',
  ]);
});

test('a copied row has every value by its column, and never a secret', () => {
  const say = Object.assign((key: string): string => key, { message: () => 'HQ refused it.' });

  const text = rowAsText(
    {
      ref: 'r1',
      table: 'users',
      id: '7',
      direction: 'upload',
      message: { code: 'ROW_REFUSED', params: {} },
      values: [
        { column: 'name', value: 'Ana', secret: false },
        { column: 'phone', value: null, secret: false },
        { column: 'pin_code', value: '1234', secret: true },
      ],
    },
    say,
  );

  expect(text.split('\n')).toEqual([
    'Users · 7',
    'HQ refused it.',
    'name: Ana',
    'phone: (held.row.none)',
    'pin_code: (held.row.secret)',
  ]);
});

const detail = {
  values: [
    { column: 'id', value: '7', secret: false },
    { column: 'email', value: 'ana@', secret: false },
    { column: 'phone', value: null, secret: false },
    { column: 'pin_code', value: null, secret: true },
  ],
  editable: [1, 2],
};

test('the form starts from the values that may be edited, and from no others', () => {
  expect(draftsOf(detail)).toEqual({ 1: 'ana@', 2: '' });
});

test('only changed fields are sent, and an emptied one has no value', () => {
  const untouched = changedValues(detail, draftsOf(detail));
  const changed = changedValues(detail, { 1: '', 2: '555' });
  const strange = changedValues(detail, { 0: '8', 1: 'ana@', 3: 'x' });

  expect(untouched).toEqual([]);
  expect(changed).toEqual([
    { column: 1, value: null },
    { column: 2, value: '555' },
  ]);
  expect(strange).toEqual([]);
});
