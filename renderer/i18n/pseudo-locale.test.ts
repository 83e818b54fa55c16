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

/** Letters of the alphabet as they stand in English: in the pseudo-locale no word is left of them. */
const plainWord = /[bcdghjknprstwyz][aeiou][a-z]{2,}/;

/** What is shown whatever the language: a parameter's value, a unit of `Intl`, a name of a month. */
const ownWords = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/g;

function expectPseudo(key: string, said: string, inEnglish: string): void {
  expect(said, key).not.toBe(key);
  expect(said.replaceAll(ownWords, ''), key).not.toMatch(plainWord);
  // A text of nothing but parameters has nothing to stretch.
  const letters = (inEnglish.match(/[A-Za-z]/g) ?? []).length;
  if (letters > 3) {
    expect([...said].length, key).toBeGreaterThanOrEqual(
      [...inEnglish].length + Math.floor(0.3 * letters),
    );
  }
}

const screens = [...screenTexts('en')];

test.each(screens)('%s has no raw key and room for longer words', (key, text) => {
  const params = paramsOf(text);
  expectPseudo(key, pseudo(key, params), english(key, params));
});

const messages = messageEntries('en');

test.each(messages)('%s renders in the pseudo-locale', (code, entry) => {
  const texts = Object.values(typeof entry === 'string' ? { entry } : entry) as string[];
  const params = Object.assign({}, ...texts.map(paramsOf)) as MessageParams;
  if (typeof entry === 'object' && 'headline' in entry) {
    const said = pseudo.status({ code, params });
    const inEnglish = english.status({ code, params });
    expectPseudo(code, said.headline, inEnglish.headline);
    expectPseudo(code, said.reason, inEnglish.reason);
    expect(said.tooltip, code).not.toMatch(plainWord);
    return;
  }
  expectPseudo(code, pseudo.message({ code, params }), english.message({ code, params }));
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
