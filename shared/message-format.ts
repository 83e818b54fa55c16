/**
 * How a catalogue's ICU texts are filled, for main process, command line and window alike. The compiler
 * (intl-messageformat) is given by the caller, because shared/ imports no package.
 */
import type { MessageParams } from './errors.ts';
import type { Catalogue, CatalogueEntry } from './messages.ts';

/** What a compiled text must offer; `IntlMessageFormat` does. */
export interface CompiledMessage {
  getAst(): unknown;
  format(values: Record<string, string | number>): unknown;
}

/** A till's clock face has 24 hours in every language. */
export const clockFormat = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** The named formats that texts may use: `{at, time, clock}`, `{since, date, stamp}`. */
export const messageFormats = {
  time: { clock: clockFormat },
  date: { stamp: { ...clockFormat, day: 'numeric', month: 'short' } },
} as const;

/** Names of the parameters of a text, plural and select branches included. */
export function parametersOf(message: Pick<CompiledMessage, 'getAst'>): string[] {
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

const none = (message: CompiledMessage): Record<string, string> =>
  Object.fromEntries(parametersOf(message).map((name) => [name, 'none']));

/**
 * Fills texts of one language, each compiled when first used. An absent parameter is `none`, so that a text can say
 * more where more is known (`{where, select, none ..`).
 */
export function messageFiller(
  compile: (text: string) => CompiledMessage,
): (text: string, params: MessageParams) => string {
  const compiled = new Map<string, CompiledMessage>();
  return (text, params) => {
    const message = compiled.get(text) ?? compile(text);
    compiled.set(text, message);
    return String(message.format({ ...none(message), ...params, ...chosenBy(params) }));
  };
}

/** A catalogue over entries that were read and checked elsewhere. */
export function catalogueOf(
  entries: Iterable<readonly [string, CatalogueEntry]>,
  compile: (text: string) => CompiledMessage,
): Catalogue {
  return { entries: new Map(entries), format: messageFiller(compile) };
}
