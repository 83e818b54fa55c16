import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STEPS } from './steps.ts';

test('1: every step that the crash tests know is a point of the engine, and each stands at one stage only', () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && path !== 'steps.ts',
  );
  const named = files.flatMap((path) => {
    const source = readFileSync(join(import.meta.dirname, path), 'utf8');
    return [...source.matchAll(/\.at\(\s*'([^']+)'\s*\)/g)].map(([, step = '']) => ({
      step,
      path,
    }));
  });
  // The other way round is held by the type of `at`.
  expect(new Set(named.map(({ step }) => step))).toEqual(new Set(STEPS));
  const stages = new Set(named.map(({ step, path }) => `${step} ${path}`));
  expect(stages.size).toBe(STEPS.length);
});
