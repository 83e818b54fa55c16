/** English, Spanish, and a test language that shows raw keys, cut texts and sentences glued together. */
export const LANGUAGES = ['en', 'es', 'pseudo'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What the settings know; `auto` follows the system. */
export type LanguageChoice = 'auto' | 'en' | 'es';

export const isLanguage = (value: unknown): value is Language =>
  LANGUAGES.some((language) => language === value);

/** The first of the system's languages that we speak; English when we speak none of them. */
export function languageOf(choice: LanguageChoice, system: readonly string[]): 'en' | 'es' {
  if (choice !== 'auto') return choice;
  for (const tag of system) {
    const [primary] = tag.toLowerCase().split('-');
    if (primary === 'en' || primary === 'es') return primary;
  }
  return 'en';
}

/**
 * The tag that `Intl` gets: the system's own regional form where it is of this language (dates of the United Kingdom
 * for an English window there), else the language alone.
 */
export function localeOf(language: Language, system: readonly string[]): string {
  if (language === 'pseudo') return 'en';
  const own = (tag: string): boolean => tag.toLowerCase().split('-')[0] === language;
  return system.find((tag) => own(tag) && isKnown(tag)) ?? language;
}

/** A browser on a Linux without a language passes on tags such as `en-US@posix`, which `Intl` throws at. */
function isKnown(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
