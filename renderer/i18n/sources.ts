/** Every text there is, read by the build: the screens' own files and the catalogue of messages. */
import { z } from 'zod';
import type { CatalogueEntry } from '../../shared/messages.ts';

type Found = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const screens = {
  en: import.meta.glob('../**/text.en.yaml', { eager: true, import: 'default' }) as Found,
  es: import.meta.glob('../**/text.es.yaml', { eager: true, import: 'default' }) as Found,
};
const catalogues = import.meta.glob('../../resources/messages/*.yaml', {
  eager: true,
  import: 'default',
}) as Found;

const entry = z.union([
  z.string(),
  z.object({ safe: z.string(), wrong: z.string(), todo: z.string(), short: z.string().optional() }),
  z.object({ headline: z.string(), reason: z.string(), tooltip: z.string() }),
]) satisfies z.ZodType<CatalogueEntry>;

/** Of one language: key to ICU text. A key that two files have is a mistake that a test finds. */
export function screenTexts(language: 'en' | 'es'): ReadonlyMap<string, string> {
  const files = Object.values(screens[language]);
  return new Map(
    files.flatMap((file) => Object.entries(z.record(z.string(), z.string()).parse(file))),
  );
}

/** Of one language; empty where that language has none. */
export function messageEntries(
  language: 'en' | 'es',
): readonly (readonly [string, CatalogueEntry])[] {
  const source = catalogues[`../../resources/messages/${language}.yaml`] ?? {};
  return Object.entries(z.record(z.string(), entry).parse(source));
}
