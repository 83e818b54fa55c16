/** The pseudo-locale: whatever the screens and the catalogue say goes through the texts, with room for 40 % more. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import type { MessageParams } from '../../shared/errors.ts';
import { messageFormats, parametersOf } from '../../shared/message-format.ts';
import { messageEntries, screenTexts } from './sources.ts';
import { textIn } from './text.ts';

const english = textIn('en');
const pseudo = textIn('pseudo');

/** A number fits every parameter: it is a count, a time and, as text, a name. */
function paramsOf(text: string): MessageParams {
  const message = new IntlMessageFormat(text, 'en', messageFormats, { ignoreTag: true });
  return Object.fromEntries(parametersOf(message).map((name) => [name, 1_234]));
}

/** Letters that the pseudo-locale changes, as they stand in English. */
const plainWord = /[abcdeghijklnoprstuwyz]{3,}/i;

/** What is shown whatever the language: a parameter's value, a unit of `Intl`, a name of a month. */
const ownWords = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/g;

/** What is wrong with one text in the pseudo-locale. */
function faultsOf(key: string, said: string, inEnglish: string): string[] {
  // A text of nothing but parameters has nothing to stretch.
  const letters = (inEnglish.match(/[A-Za-z]/g) ?? []).length;
  const room = letters <= 3 ? 0 : Math.floor(0.3 * letters);
  return [
    ...(said === key ? [`${key}: a raw key`] : []),
    ...(plainWord.test(said.replaceAll(ownWords, '')) ? [`${key}: plain words in "${said}"`] : []),
    ...(Array.from(said).length < Array.from(inEnglish).length + room ? [`${key}: no room`] : []),
  ];
}

const screens = [...screenTexts('en')];

test('no text of a screen is a raw key, and each has room for longer words', () => {
  const faults = screens.flatMap(([key, text]) => {
    const params = paramsOf(text);
    return faultsOf(key, pseudo(key, params), english(key, params));
  });
  expect(faults).toEqual([]);
});

const messages = messageEntries('en');

test('no message of the catalogue is a raw code, and each has room for longer words', () => {
  const faults = messages.flatMap(([code, entry]) => {
    const texts = Object.values(typeof entry === 'string' ? { entry } : entry) as string[];
    const params = Object.assign({}, ...texts.map(paramsOf)) as MessageParams;
    const message = { code, params };
    if (typeof entry === 'string' || !('headline' in entry))
      return faultsOf(code, pseudo.message(message), english.message(message));
    const [said, inEnglish] = [pseudo.status(message), english.status(message)];
    return [
      ...faultsOf(code, said.headline, inEnglish.headline),
      ...faultsOf(code, said.reason, inEnglish.reason),
    ];
  });
  expect(faults).toEqual([]);
});

test('a text that came past the pseudo-locale is found', () => {
  expect(faultsOf('a.b', 'a.b', 'a.b')).toContain('a.b: a raw key');
  expect(faultsOf('a.b', 'Sync now', 'Sync now')).toEqual([
    'a.b: plain words in "Sync now"',
    'a.b: no room',
  ]);
});

test('there is something to look at', () => {
  expect(screens.length).toBeGreaterThan(200);
  expect(messages.length).toBeGreaterThan(100);
});

/** Attributes whose value people read or hear. */
const spoken = new Set([
  'label',
  'title',
  'placeholder',
  'description',
  'aria-label',
  'alt',
  'about',
]);

interface Found {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly name?: { readonly name?: unknown };
}

/** Words that stand in a component itself: between its tags, or in an attribute that is read. */
function wordsIn(file: string, source: string): string[] {
  const words: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, name } = node as Found;
    if (type === 'JSXText' && typeof value === 'string') words.push(value);
    if (type === 'JSXAttribute' && spoken.has(String(name?.name))) {
      const text = (value as Found | null)?.value;
      if (typeof text === 'string') words.push(text);
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(file, source).program);
  return words.filter((word) => /\p{L}{2}/u.test(word));
}

test('no component says anything that is not one of the texts', () => {
  const root = join(import.meta.dirname, '..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.tsx') && !path.includes('testing'),
  );
  expect(files.length).toBeGreaterThan(20);
  const said = files.flatMap((file) =>
    wordsIn(file, readFileSync(join(root, file), 'utf8')).map((word) => `${file}: ${word.trim()}`),
  );
  expect(said).toEqual([]);
});

test('a component that speaks for itself is found', () => {
  expect(wordsIn('a.tsx', '<p title="Close it">Hello {name}</p>')).toEqual(['Close it', 'Hello ']);
  expect(wordsIn('a.tsx', '<p id="place" title={t("x.y")}>{t("x.z")} – </p>')).toEqual([]);
});
