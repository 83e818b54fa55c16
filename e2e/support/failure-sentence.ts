import { expect } from 'vitest';
import { loadCatalogue } from '../../electron/host/messages.ts';

const catalogue = loadCatalogue();

/** The one sentence: what is safe, what is wrong, what to do; nothing a programmer would have to read. */
export function expectSentence(text: string, code: string): void {
  const entry = catalogue.entries.get(code);
  if (typeof entry !== 'object' || !('safe' in entry)) throw new Error(`${code} is no failure`);
  const line = text.trimEnd();
  expect(line).not.toMatch(/\n/);
  expect(line.startsWith(entry.safe), line).toBe(true);
  expect(line.length, line).toBeGreaterThan(entry.safe.length + 20);
  expect(line).toMatch(/[.!")]$/);
  expect(line).not.toMatch(/undefined|\bnone\b|\bnull\b|NaN|\{|\bat \S+:\d+:\d+|node:|Error:/);
}
