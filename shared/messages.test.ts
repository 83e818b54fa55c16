import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileMessage, loadCatalogue } from '../electron/host/messages.ts';
import { parametersOf } from './message-format.ts';
import { renderMessage, renderStatus, type CatalogueEntry } from './messages.ts';
import { heldMessage, type HeldRow } from './rows.ts';

const root = resolve(import.meta.dirname, '..');
const catalogue = loadCatalogue();

const textsOf = (entry: CatalogueEntry): string[] =>
  typeof entry === 'string'
    ? [entry]
    : Object.values<unknown>({ ...entry }).filter((text) => typeof text === 'string');

/** The codes a source names: of failures, of rows, of states. */
function codesIn(source: string): string[] {
  return [
    ...source.matchAll(/(?:PayflowError\(|refuse\(|code: |say\()\s*'([A-Z]+(?:_[A-Z]+)*)'/g),
    ...source.matchAll(/'((?:HQ|LOCAL|MANIFEST|SETTINGS|STATUS|ROW|UPLOAD)_[A-Z_]*[A-Z])'/g),
  ].map(([, code = '']) => code);
}

const sources = ['electron', 'shared'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => join(root, folder, path)),
);

/** Node's own codes, set where a source makes an error like Node's. */
const notMessages = new Set(['ETIMEDOUT', 'ENOENT']);

test('every code that the source names is in the catalogue', () => {
  const missing = sources.flatMap((path) => {
    return codesIn(readFileSync(path, 'utf8'))
      .filter((code) => !catalogue.entries.has(code) && !notMessages.has(code))
      .map((code) => `${path.slice(root.length + 1)}: ${code}`);
  });
  expect([...new Set(missing)]).toEqual([]);
});

describe('every entry', () => {
  test.each([...catalogue.entries])('%s renders with its parameters', (code, entry) => {
    for (const text of textsOf(entry)) {
      const names = parametersOf(compileMessage(text, 'en'));
      for (const value of [0, 1, 2, 1_234]) {
        const params = Object.fromEntries(names.map((name) => [name, value]));
        expect(catalogue.format(text, params), code).toMatch(/\S/);
        expect(catalogue.format(text, params), code).not.toMatch(/[{}]|undefined|NaN[^)]|none/);
      }
    }
  });

  test('a failure is three sentences', () => {
    const odd = [...catalogue.entries].filter(([, entry]) => {
      if (typeof entry === 'string' || !('safe' in entry)) return false;
      const sentence = /[.}"]$/;
      return ![entry.safe, entry.todo].every((text) => sentence.test(text));
    });
    expect(odd.map(([code]) => code)).toEqual([]);
  });
});

test('an unknown code is shown as it is', () => {
  expect(renderMessage(catalogue, 'NO_SUCH_CODE', { table: 'orders', n: 2 })).toBe(
    'NO_SUCH_CODE (table: orders, n: 2)',
  );
  expect(renderStatus(catalogue, { code: 'NO_SUCH_CODE', params: {} }).tooltip).toBe(
    'NO_SUCH_CODE',
  );
});

test('parameters that do not fit do not throw', () => {
  expect(() => renderMessage(catalogue, 'STATUS_UP_TO_DATE', { at: 'never' })).not.toThrow();
  expect(renderMessage(catalogue, 'HQ_REFUSED')).toContain('No PostgreSQL answers: the connection');
});

test('markup and ICU syntax in a value stay text', () => {
  const params = { table: '<b>{x}</b>', id: "'{", missing: '#' };
  expect(renderMessage(catalogue, 'HELD_ROW', params)).toBe(
    "Skipped <b>{x}</b>:'{ - missing FK dependencies: #",
  );
});

test("a held row is said in PayFlow's own words", () => {
  const row: HeldRow = {
    table: 'orders',
    id: 'ord_001',
    direction: 'upload',
    missing: [{ field: 'shift_id', refTable: 'shifts', refId: 'shift_001', why: 'not-sent' }],
    since: '2026-11-22T14:32:00.000Z',
    tries: 1,
  };
  const { code, params } = heldMessage(row);
  expect(renderMessage(catalogue, code, params)).toBe(
    'Skipped orders:ord_001 - missing FK dependencies: shift_id->shifts[shift_001]',
  );
});

test("a failure's sentences are those of the state", () => {
  const text = renderStatus(catalogue, { code: 'HQ_LOGIN_REFUSED', params: { user: 'till' } });
  expect(text).toEqual({
    headline: 'Sync stopped',
    reason:
      "HQ refused this terminal's sign-in as till. Your data is safe on this terminal. Check user and password in the settings (DATABASE_URL).",
    tooltip: 'PayFlow: sync stopped, sign-in refused',
  });
});
