import { useLanguageStore } from './language-store.ts';
import type { Text } from './text.ts';

/** The texts of the language in use; a new function only when the language changes. */
export function useText(): Text {
  return useLanguageStore((state) => state.text);
}
