import { describe, expect, test } from 'vitest';
import { compileMessage, loadCatalogue } from '../electron/host/messages.ts';
import { parametersOf } from './message-format.ts';
import { renderStatus, TOOLTIP_LIMIT, type CatalogueEntry } from './messages.ts';

const english = loadCatalogue(undefined, 'en');
const spanish = loadCatalogue(undefined, 'es');

const partsOf = (entry: CatalogueEntry): Record<string, string> =>
  typeof entry === 'string'
    ? { text: entry }
    : Object.fromEntries(Object.entries(entry).filter(([, text]) => text !== undefined));

const namesIn = (entry: CatalogueEntry, language: string): string[] =>
  [
    ...new Set(
      Object.values(partsOf(entry)).flatMap((text) => parametersOf(compileMessage(text, language))),
    ),
  ].toSorted();

const shapes = (entries: ReadonlyMap<string, CatalogueEntry>, language: string) =>
  Object.fromEntries(
    [...entries].map(([code, entry]) => [
      code,
      { parts: Object.keys(partsOf(entry)).toSorted(), names: namesIn(entry, language) },
    ]),
  );

test('both languages know the same codes, with the same parts and parameters', () => {
  expect([...spanish.entries.keys()].toSorted()).toEqual([...english.entries.keys()].toSorted());
  expect(shapes(spanish.entries, 'es')).toEqual(shapes(english.entries, 'en'));
});

test('a choice has the same branches in both languages, so that none falls to "other"', () => {
  const branches = (text: string, language: string): string[] => {
    const found: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      // Type 5 of the parser's tree is a select; plurals differ by language.
      if ('type' in node && node.type === 5 && 'value' in node && 'options' in node) {
        found.push(`${String(node.value)}: ${Object.keys(node.options ?? {}).join(' ')}`);
      }
      for (const child of Object.values(node)) visit(child);
    };
    visit(compileMessage(text, language).getAst());
    return [...new Set(found)].toSorted();
  };
  for (const [code, entry] of english.entries) {
    const own = Object.values(partsOf(entry)).flatMap((text) => branches(text, 'en'));
    const other = Object.values(partsOf(spanish.entries.get(code) ?? '')).flatMap((text) =>
      branches(text, 'es'),
    );
    expect([...new Set(other)].toSorted(), code).toEqual([...new Set(own)].toSorted());
  }
});

describe('every Spanish entry', () => {
  test.each([...spanish.entries])('%s renders with its parameters', (code, entry) => {
    for (const text of Object.values(partsOf(entry))) {
      const names = parametersOf(compileMessage(text, 'es'));
      for (const value of [0, 1, 2, 1_234]) {
        const params = Object.fromEntries(names.map((name) => [name, value]));
        expect(spanish.format(text, params), code).toMatch(/\S/);
        expect(spanish.format(text, params), code).not.toMatch(/[{}]|undefined|NaN[^)]|\bnone\b/);
      }
    }
  });

  test('a failure is three sentences', () => {
    const odd = [...spanish.entries].filter(([, entry]) => {
      if (typeof entry === 'string' || !('safe' in entry)) return false;
      return ![entry.safe, entry.todo].every((text) => /[.}"]$/.test(text));
    });
    expect(odd.map(([code]) => code)).toEqual([]);
  });

  test('is a translation: no sentence of it is left in English', () => {
    const same = [...spanish.entries].filter(([code, entry]) => {
      const own = partsOf(english.entries.get(code) ?? '');
      return Object.entries(partsOf(entry)).some(
        ([part, text]) => own[part] === text && /[a-z]{3,} [a-z]{3,}/.test(text),
      );
    });
    expect(same.map(([code]) => code)).toEqual([]);
  });
});

/** A busy shop's numbers. */
const ordinary = {
  count: 1_234,
  waiting: 1_234,
  held: 100,
  rejected: 20,
  done: 12_345,
  total: 200_000,
  minutes: 125,
  phase: 'upload',
  table: 'order_items',
  at: 1_790_000_000_000,
  next: 1_790_000_300_000,
  until: 1_790_000_300_000,
  since: 1_790_000_000_000,
};

test.each([
  ['English', english],
  ['Spanish', spanish],
])('%s: no tooltip is cut off', (_language, catalogue) => {
  const cut = [...catalogue.entries].flatMap(([code, entry]) => {
    if (typeof entry === 'string') return [];
    const { tooltip } = renderStatus(catalogue, { code, params: ordinary });
    return tooltip.endsWith('…') || [...tooltip].length > TOOLTIP_LIMIT ? [tooltip] : [];
  });
  expect(cut).toEqual([]);
});
