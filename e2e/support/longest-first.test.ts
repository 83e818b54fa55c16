import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { LONGEST, longestFirst } from './longest-first.ts';

const root = resolve(import.meta.dirname, '../..');
const file = (path: string, project: string) => ({ moduleId: `${root}/${path}`, project });

test('the longest begin first, the others as they were, each project by itself', () => {
  const [longest = '', second = ''] = LONGEST;
  const given = [
    file('e2e/small.e2e.test.ts', 'system'),
    file(second, 'system'),
    file('shared/a.test.ts', 'unit'),
    file('e2e/a.e2e.test.ts', 'system'),
    file(longest, 'system'),
  ];
  expect(longestFirst(given)).toEqual([
    file(longest, 'system'),
    file(second, 'system'),
    file('e2e/small.e2e.test.ts', 'system'),
    file('e2e/a.e2e.test.ts', 'system'),
    file('shared/a.test.ts', 'unit'),
  ]);
});

test.each(LONGEST)('%s is there', (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});
