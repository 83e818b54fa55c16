import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { parse } from 'yaml';
import { z } from 'zod';
import { catalogueOf, messageFormats } from '../../shared/message-format.ts';
import type { Catalogue } from '../../shared/messages.ts';
import { resourcesFolder } from './resources.ts';

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

/** Where the catalogues stand in a checkout; the packaged app passes its own folder. */
const defaultFolder = join(resourcesFolder, 'messages');

/** One ICU text as a compiled message. `<` is a letter here: messages are text, never markup. */
export function compileMessage(text: string, language: string): IntlMessageFormat {
  return new IntlMessageFormat(text, language, messageFormats, { ignoreTag: true });
}

/** Reads a catalogue. Texts are compiled when first used: a command needs two or three of them. */
export function loadCatalogue(folder = defaultFolder, language = 'en'): Catalogue {
  const source: unknown = parse(readFileSync(join(folder, `${language}.yaml`), 'utf8'));
  const entries = Object.entries(z.record(z.string(), entrySchema).parse(source));
  return catalogueOf(entries, (text) => compileMessage(text, language));
}
