import { expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { Refs, type Target } from './refs.ts';

const table = (name: string): Target => ({ kind: 'table', table: name });

function isStale(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof PayflowError && error.code === 'REF_STALE';
  }
}

test('a ref names what it was given for, and the same thing keeps its ref', () => {
  const refs = new Refs();
  const key = { table: 'orders', id: 'o 1', direction: 'upload' } as const;
  const ref = refs.give({ kind: 'rejected', key });
  expect(ref).toMatch(/^[\w-]{1,64}$/);
  expect(ref).not.toContain('orders');
  expect(refs.find('rejected', ref).key).toEqual(key);
  expect(refs.give({ kind: 'rejected', key: { ...key } })).toBe(ref);
  expect(refs.give({ kind: 'held', key })).not.toBe(ref);
});

test('a ref of another kind, another process or no process at all is stale', () => {
  const refs = new Refs();
  const ref = refs.give(table('orders'));
  expect(isStale(() => refs.find('group', ref))).toBe(true);
  expect(isStale(() => new Refs().find('table', ref))).toBe(true);
  expect(isStale(() => refs.find('table', '1-AAAAAAAAAAAA'))).toBe(true);
  expect(isStale(() => refs.find('table', '__proto__'))).toBe(true);
});

test('when there are too many, those that were used longest ago are forgotten', () => {
  const refs = new Refs(3);
  const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map((name) => refs.give(table(name)));
  refs.find('table', a);
  const d = refs.give(table('d'));
  expect(isStale(() => refs.find('table', b))).toBe(true);
  expect([a, c, d].map((ref) => refs.find('table', ref).table)).toEqual(['a', 'c', 'd']);
  expect(refs.give(table('b'))).not.toBe(b);
});
