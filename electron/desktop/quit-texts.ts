import { renderMessage, type Catalogue } from '../../shared/messages.ts';
import type { Unsent } from './quit-guard.ts';

/** What is said before PayFlow is quit while HQ has not got everything; `again`: sending it was tried just now. */
export function quitTexts(
  catalogue: Catalogue,
  { waiting, keptBack }: Unsent,
  again: boolean,
): { readonly message: string; readonly detail: string } {
  const say = (code: string, count: number): string[] =>
    count === 0 ? [] : [renderMessage(catalogue, code, { count })];
  return {
    message: [
      ...say(again ? 'QUIT_STILL_UNSENT' : 'QUIT_UNSENT', waiting),
      ...say('QUIT_KEPT_BACK', keptBack),
    ].join(' '),
    detail: renderMessage(catalogue, 'QUIT_UNSENT_DETAIL'),
  };
}
