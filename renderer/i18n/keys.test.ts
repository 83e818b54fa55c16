/** Every text that the screens ask for exists in both languages, and nothing stands there that nobody asks for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { messageFormats, parametersOf } from '../../shared/message-format.ts';
import { screenTexts } from './sources.ts';

const root = join(import.meta.dirname, '..');

/** File by file: whoever reads them together no longer sees a key that two of them have. */
const screenFiles = {
  en: import.meta.glob<Record<string, string>>('../**/text.en.yaml', {
    eager: true,
    import: 'default',
  }),
  es: import.meta.glob<Record<string, string>>('../**/text.es.yaml', {
    eager: true,
    import: 'default',
  }),
};

interface Use {
  readonly file: string;
  /** As it stands in the source; `*` for a part that is computed: `held.why-*`. */
  readonly key: string;
  /** Names beside the key where they are written down; null: not to be seen from here. */
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

/** Keys look like `screen.words-of-it`; the screens are the folders that have texts. */
const folders = Object.keys(screenFiles.en).map((path) => path.split('/').at(-2) ?? '');
const starts = new Set([...screenTexts('en').keys()].map((key) => key.split('.')[0] ?? ''));
const looksLikeKey = (text: string): boolean =>
  /^[a-z]+\.[a-z0-9*-]/.test(text) &&
  starts.has(text.split('.')[0] ?? '') &&
  !/\.(ts|tsx|css)$/.test(text);

function namesOf(node: unknown): readonly string[] | null {
  if (node === undefined) return [];
  if (!isNode(node) || node.type !== 'ObjectExpression') return null;
  const names = (node['properties'] as Node[]).map((property) => {
    const key = property['key'];
    return isNode(key) && typeof key['name'] === 'string' ? key['name'] : null;
  });
  return names.includes(null) ? null : names.filter((name) => name !== null);
}

function usesIn(file: string): Use[] {
  const uses: Use[] = [];
  const called = new Set<unknown>();
  walk(parseSync(file, readFileSync(join(root, file), 'utf8')).program, (node) => {
    if (node.type === 'CallExpression') {
      const { callee, arguments: given } = node as unknown as { callee: Node; arguments: Node[] };
      const [first, second] = given;
      if (callee['name'] === 't' && isNode(first) && typeof first['value'] === 'string') {
        called.add(first);
        uses.push({ file, key: first['value'], params: namesOf(second) });
      }
    }
    if (node.type === 'Literal' && typeof node['value'] === 'string' && !called.has(node)) {
      const key = node['value'];
      if (looksLikeKey(key)) uses.push({ file, key, params: null });
    }
    if (node.type === 'TemplateLiteral') {
      const parts = (node['quasis'] as { value: { cooked: string } }[]).map(
        ({ value }) => value.cooked,
      );
      const key = parts.join('*');
      if (looksLikeKey(key)) uses.push({ file, key, params: null });
    }
  });
  return uses;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter(
    (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !path.startsWith('testing/'),
  );
const uses = files.flatMap(usesIn);

/** Does a use name this key? A computed part may be empty. */
const names = (use: string, key: string): boolean =>
  use.includes('*')
    ? new RegExp(`^${use.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(key)
    : use === key;

const paramsOf = (text: string, language: string): string[] =>
  parametersOf(
    new IntlMessageFormat(text, language, messageFormats, { ignoreTag: true }),
  ).toSorted();

test.each(['en', 'es'] as const)('%s has every text that the screens ask for', (language) => {
  const texts = [...screenTexts(language).keys()];
  const missing = uses
    .filter(({ key }) => !texts.some((text) => names(key, text)))
    .map(({ file, key }) => `${file}: ${key}`);
  expect(missing).toEqual([]);
});

test('both languages have the same texts with the same parameters', () => {
  const shape = (language: 'en' | 'es') =>
    Object.fromEntries(
      [...screenTexts(language)]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, text]) => [key, paramsOf(text, language)]),
    );
  expect(shape('es')).toEqual(shape('en'));
});

test('whoever asks for a text gives it what its sentence needs', () => {
  const texts = screenTexts('en');
  const short = uses.flatMap(({ file, key, params }) =>
    params === null
      ? []
      : paramsOf(texts.get(key) ?? '', 'en')
          .filter((name) => !params.includes(name))
          .map((name) => `${file}: ${key} lacks ${name}`),
  );
  expect(short).toEqual([]);
});

test('no text stands there that nobody asks for', () => {
  const idle = [...screenTexts('en').keys()].filter(
    (key) => !uses.some((use) => names(use.key, key)),
  );
  expect(idle).toEqual([]);
});

test('a key stands in one file only', () => {
  for (const language of ['en', 'es'] as const) {
    const keys = Object.values(screenFiles[language]).flatMap((file) => Object.keys(file));
    expect(keys.filter((key, place) => keys.indexOf(key) !== place)).toEqual([]);
  }
  expect(folders.length).toBeGreaterThan(1);
});
