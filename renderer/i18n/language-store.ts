import { create } from 'zustand';
import { isLanguage, languageOf, type Language, type LanguageChoice } from './languages.ts';
import { textIn, type Text } from './text.ts';

interface LanguageState {
  readonly language: Language;
  readonly text: Text;
  /** What the settings say. A test's `pseudo` stays whatever they say. */
  readonly choose: (choice: LanguageChoice) => void;
}

const system: readonly string[] = typeof navigator === 'undefined' ? [] : navigator.languages;

/** `?language=pseudo`, for tests of the screens: the settings do not offer it. */
function asked(): Language | null {
  if (typeof location === 'undefined') return null;
  const language = new URLSearchParams(location.search).get('language');
  return isLanguage(language) ? language : null;
}

const stateOf = (language: Language): Pick<LanguageState, 'language' | 'text'> => ({
  language,
  text: textIn(language, system),
});

export const useLanguageStore = create<LanguageState>()((set, get) => ({
  ...stateOf(asked() ?? languageOf('auto', system)),
  choose(choice) {
    const language = asked() ?? languageOf(choice, system);
    if (language !== get().language) set(stateOf(language));
  },
}));
