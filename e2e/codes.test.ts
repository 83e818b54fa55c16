/** Every code that the source can throw, store or return stands in the catalogue, with the parameters its text needs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { loadCatalogue } from '../electron/host/messages.ts';
import { failureKind } from '../shared/failures.ts';

const root = resolve(import.meta.dirname, '..');
const catalogue = loadCatalogue();

/** Capital words with underscores that are no codes of ours. */
const notCodes =
  /^(SQLITE_|PAYFLOW_|SYNC_|XDG_|ERR_|CERT_|CURRENT_TIMESTAMP$|(?:[A-Z]+_)?DATABASE(?:_URL)?$|JWT_SECRET$)/;
/** Codes of one word; all others have an underscore. */
const oneWord = new Set(['USAGE', 'INTERNAL', 'CANCELLED']);

interface Use {
  readonly file: string;
  readonly code: string;
  /** Names of the parameters where they are written down beside the code; null: not to be seen from here. */
  readonly params: readonly string[] | null;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function walk(node: unknown, visit: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (isNode(node)) visit(node);
  for (const child of Object.values(node)) walk(child, visit);
}

const textOf = (node: unknown): string | null =>
  isNode(node) && node.type === 'Literal' && typeof node['value'] === 'string'
    ? node['value']
    : null;

const looksLikeCode = (text: string): boolean =>
  oneWord.has(text) || (/^[A-Z]+(_[A-Z]+)+$/.test(text) && !notCodes.test(text));

/** The keys of an object literal; null where it has a spread or is no literal. */
function keysOf(node: unknown): string[] | null {
  if (node === undefined) return [];
  if (!isNode(node) || node.type !== 'ObjectExpression') return null;
  const keys = (node['properties'] as Node[]).map((property) => {
    const key = property['key'];
    return isNode(key) && typeof key['name'] === 'string' ? key['name'] : null;
  });
  return keys.includes(null) ? null : keys.filter((key) => key !== null);
}

function usesIn(file: string, source: string): Use[] {
  const uses: Use[] = [];
  walk(parseSync(file, source).program, (node) => {
    const code = textOf(node);
    if (code !== null && looksLikeCode(code)) uses.push({ file, code, params: null });
    if (node.type !== 'NewExpression') return;
    const { callee, arguments: given } = node as unknown as { callee: Node; arguments: Node[] };
    const thrown = callee['name'] === 'PayflowError' ? textOf(given[0]) : null;
    if (thrown !== null) uses.push({ file, code: thrown, params: keysOf(given[1]) });
  });
  return uses;
}

const uses = ['electron', 'shared'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) => usesIn(path, readFileSync(join(root, path), 'utf8'))),
);

/** Parameters without which a text is not whole: written plainly, not behind a `select` that knows `none`. */
function neededBy(code: string): string[] {
  const entry = catalogue.entries.get(code);
  const texts: unknown[] = typeof entry === 'string' ? [entry] : Object.values({ ...entry });
  return texts.flatMap((text) => {
    if (typeof text !== 'string') return [];
    const outside = text.replaceAll(
      /\{\w+, (?:select|plural),(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g,
      '',
    );
    return [...outside.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  });
}

test('every code in the source is in the catalogue', () => {
  const missing = uses.filter(({ code }) => !catalogue.entries.has(code));
  expect([...new Set(missing.map(({ file, code }) => `${file}: ${code}`))]).toEqual([]);
});

test('the scan finds the codes that are thrown, kept with rows, and chosen from tables', () => {
  const found = new Set(uses.map(({ code }) => code));
  for (const code of [
    'TERMINAL_DIFFERS',
    'HQ_DIFFERS',
    'LOAD_INCOMPLETE',
    'UPLOAD_ALREADY_APPLIED',
    'UPLOAD_OUTCOME_LOST',
    'KEY_NOT_DRAWN',
    'TABLE_UNKNOWN',
    'ROW_NOT_LISTED',
    'CANCELLED',
    'DELETED_AT_HQ',
    'ROW_OUT_OF_SCOPE',
    'UNIQUE_HELD_BY_UNSENT',
    'SWAP_FAILED',
    'ROW_EXISTS',
    'ROW_DUPLICATE',
    'HQ_REFUSED',
  ])
    expect(found, code).toContain(code);
});

test('whoever throws a code gives what its sentence needs', () => {
  const short = uses.flatMap(({ file, code, params }) =>
    params === null
      ? []
      : neededBy(code)
          .filter((name) => !params.includes(name))
          .map((name) => `${file}: ${code} lacks ${name}`),
  );
  expect(short).toEqual([]);
});

test('a sentence of three parts has a kind for the window', () => {
  const odd = [...catalogue.entries]
    .filter(
      ([, entry]) => typeof entry === 'object' && 'safe' in entry && entry.short !== undefined,
    )
    .filter(([code]) => failureKind(code) !== 'stopped')
    .map(([code]) => code);
  expect(odd, 'only what stops the sync needs words for the tray').toEqual([]);
});

test('nothing in the catalogue is said by nobody', () => {
  const found = new Set(uses.map(({ code }) => code));
  const idle = [...catalogue.entries.keys()].filter((code) => !found.has(code));
  expect(idle).toEqual([]);
});
