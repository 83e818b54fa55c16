import { expect, test } from 'vitest';
import type { ConflictShown } from '../../shared/views.ts';
import { bringsBack, ruleKey, sidesOf } from './conflict-words.ts';
import english from './text.en.yaml';
import spanish from './text.es.yaml';

const conflict: ConflictShown = {
  id: 1,
  table: 'products',
  rowId: '17',
  column: 'name',
  kept: 'Espresso',
  lost: 'Expresso',
  winner: 'hq',
  rule: 'newest',
  hqAt: 2_000,
  localAt: 1_000,
  who: null,
  at: 3_000,
  ref: 'c1',
  also: [],
  restorable: true,
  resolved: null,
};

test('the newer edit is named as the reason for whichever side won', () => {
  expect(ruleKey(conflict)).toBe('conflicts.rule.newest.hq');
  expect(ruleKey({ ...conflict, winner: 'terminal', hqAt: 1, localAt: 2 })).toBe(
    'conflicts.rule.newest.terminal',
  );
  expect(ruleKey({ ...conflict, hqAt: 5, localAt: 5 })).toBe('conflicts.rule.same-time');
});

test('a time that is not known is said to be the reason', () => {
  expect(ruleKey({ ...conflict, localAt: null })).toBe('conflicts.rule.known-time.hq');
  expect(ruleKey({ ...conflict, winner: 'terminal', hqAt: null })).toBe(
    'conflicts.rule.known-time.terminal',
  );
});

test('a rule that names a side is told only where that side won', () => {
  expect(ruleKey({ ...conflict, rule: 'hq' })).toBe('conflicts.rule.hq');
  expect(ruleKey({ ...conflict, rule: 'terminal', winner: 'terminal' })).toBe(
    'conflicts.rule.terminal',
  );
  expect(ruleKey({ ...conflict, rule: 'hq', winner: 'terminal' })).toBe(
    'conflicts.rule.newest.terminal',
  );
});

test('every rule, known or new, has its sentence in both languages', () => {
  const rules = [
    'newest',
    'hq',
    'terminal',
    'add',
    'append',
    'deleted',
    'restored',
    'parent-deleted',
    'out-of-scope',
    'later',
  ];
  const keys = rules.flatMap((rule) =>
    (['hq', 'terminal'] as const).flatMap((winner) =>
      [1, 2, null].flatMap((hqAt) =>
        [1, null].map((localAt) => ruleKey({ rule, winner, hqAt, localAt })),
      ),
    ),
  );

  for (const key of keys) {
    expect(english[key], key).toBeTypeOf('string');
    expect(spanish[key], key).toBeTypeOf('string');
  }
});

test('each value stands with its own side and time, the kept one first', () => {
  const byHq = sidesOf(conflict);
  const byTerminal = sidesOf({ ...conflict, winner: 'terminal' });

  expect(byHq).toEqual([
    { from: 'hq', value: 'Espresso', at: 2_000 },
    { from: 'terminal', value: 'Expresso', at: 1_000 },
  ]);
  expect(byTerminal).toEqual([
    { from: 'terminal', value: 'Espresso', at: 1_000 },
    { from: 'hq', value: 'Expresso', at: 2_000 },
  ]);
});

test('only a value that lost, can come back and was not decided about is offered, by its side', () => {
  expect(bringsBack(conflict)).toBe('local');
  expect(bringsBack({ ...conflict, winner: 'terminal' })).toBe('hq');
  expect(bringsBack({ ...conflict, restorable: false })).toBeNull();
  expect(bringsBack({ ...conflict, resolved: { keep: 'hq', at: 5 } })).toBeNull();
});
