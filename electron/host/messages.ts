import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { parse } from 'yaml';
import { z } from 'zod';
import type { MessageParams } from '../../shared/errors.ts';
import type { Catalogue } from '../../shared/messages.ts';

const entrySchema = z.union([
  z.string(),
  z.strictObject({
    safe: z.string(),
    wrong: z.string(),
    todo: z.string(),
    short: z.string().optional(),
  }),
  z.strictObject({ headline: z.string(), reason: z.string(), tooltip: z.string() }),
]);

/** A till's clock face has 24 hours in every language. */
const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const formats = {
  time: { clock },
  date: { stamp: { ...clock, day: 'numeric', month: 'short' } },
} as const;

/** Names of the parameters of a text, plural and select branches included. */
export function parametersOf(message: IntlMessageFormat): string[] {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    // In the parser's tree only literals (0) and the plural's own # (7) name no parameter.
    if ('type' in node && 'value' in node && typeof node.value === 'string' && node.type !== 0) {
      names.add(node.value);
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(message.getAst());
  return [...names];
}

/** ICU's select takes no hyphen in its keys: the reason `not-a-date` chooses the branch `not_a_date`. */
const chosenBy = ({ reason }: MessageParams): Record<string, string> =>
  typeof reason === 'string' ? { reason: reason.replaceAll('-', '_') } : {};

const none = (message: IntlMessageFormat): Record<string, string> =>
  Object.fromEntries(parametersOf(message).map((name) => [name, 'none']));

/** Where the catalogues stand in a checkout; the packaged app passes its own folder. */
const defaultFolder = join(import.meta.dirname, '../../resources/messages');

/** One ICU text as a compiled message. `<` is a letter here: messages are text, never markup. */
export function compileMessage(text: string, language: string): IntlMessageFormat {
  return new IntlMessageFormat(text, language, formats, { ignoreTag: true });
}

/** Reads a catalogue. Texts are compiled when first used: a command needs two or three of them. */
export function loadCatalogue(folder = defaultFolder, language = 'en'): Catalogue {
  const source: unknown = parse(readFileSync(join(folder, `${language}.yaml`), 'utf8'));
  const entries = new Map(Object.entries(z.record(z.string(), entrySchema).parse(source)));
  const compiled = new Map<string, IntlMessageFormat>();
  return {
    entries,
    format(text, params) {
      const message = compiled.get(text) ?? compileMessage(text, language);
      compiled.set(text, message);
      // An absent parameter is `none`, so that a text can say more where more is known (`{where, select, none ..`).
      return String(message.format({ ...none(message), ...params, ...chosenBy(params) }));
    },
  };
}
