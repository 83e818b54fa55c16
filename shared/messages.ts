import type { MessageParams } from './errors.ts';
import type { Message } from './report.ts';
import { failureKind } from './failures.ts';

/**
 * Messages from the catalogue (`resources/messages/en.yaml`). A text is an ICU message: `{name}`, plurals as
 * `{count, plural, one {1 row} other {# rows}}`, choices as `{x, select, a {..} other {..}}`, times (milliseconds)
 * as `{at, time, clock}`. Who loads the catalogue also gives the formatter, because shared/ imports no package.
 */

/** A failure: what is safe, what is wrong, what to do. `short` is its part of a tooltip ("sign-in refused"). */
export interface ErrorEntry {
  readonly safe: string;
  readonly wrong: string;
  readonly todo: string;
  readonly short?: string | undefined;
}

/** A state: the window's headline and reason, the tray's tooltip. */
export interface StatusEntry {
  readonly headline: string;
  readonly reason: string;
  readonly tooltip: string;
}

export type CatalogueEntry = string | ErrorEntry | StatusEntry;

export interface Catalogue {
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
  /** Fills one ICU text; throws where a parameter is missing. */
  readonly format: (text: string, params: MessageParams) => string;
}

/** What people see of a state. */
export interface StatusText {
  readonly headline: string;
  readonly reason: string;
  readonly tooltip: string;
}

/** The tooltip has room for 63 characters (UX.md). */
export const TOOLTIP_LIMIT = 63;

/** The code and what it came with: for a code that no catalogue knows, and for one whose parameters do not fit. */
function bare(code: string, params: MessageParams): string {
  const list = Object.entries(params).map(([name, value]) => `${name}: ${value}`);
  return list.length === 0 ? code : `${code} (${list.join(', ')})`;
}

function textsOf(entry: CatalogueEntry): readonly string[] {
  if (typeof entry === 'string') return [entry];
  return 'safe' in entry ? [entry.safe, entry.wrong, entry.todo] : [entry.headline, entry.reason];
}

function fill(
  catalogue: Catalogue,
  code: string,
  params: MessageParams,
  texts: readonly string[],
): string {
  try {
    return texts.map((text) => catalogue.format(text, params)).join(' ');
  } catch {
    return bare(code, params);
  }
}

/** One message as one line of text. Never throws: a message about a failure must not become another one. */
export function renderMessage(
  catalogue: Catalogue,
  code: string,
  params: MessageParams = {},
): string {
  const entry = catalogue.entries.get(code);
  return entry === undefined ? bare(code, params) : fill(catalogue, code, params, textsOf(entry));
}

/**
 * The three texts of a state. A failure's own sentences serve as its reason, so that tray, window, log and copied
 * diagnostics say the same thing (UX.md).
 */
export function renderStatus(catalogue: Catalogue, { code, params }: Message): StatusText {
  const entry = catalogue.entries.get(code);
  const text = (template: string): string => fill(catalogue, code, params, [template]);
  const clip = (line: string): string => {
    const letters = [...line];
    return letters.length <= TOOLTIP_LIMIT
      ? line
      : `${letters.slice(0, TOOLTIP_LIMIT - 1).join('')}…`;
  };
  if (entry === undefined || typeof entry === 'string') {
    const line = renderMessage(catalogue, code, params);
    return { headline: line, reason: line, tooltip: clip(line) };
  }
  if ('headline' in entry) {
    return {
      headline: text(entry.headline),
      reason: text(entry.reason),
      tooltip: clip(text(entry.tooltip)),
    };
  }
  const frame = catalogue.entries.get(
    failureKind(code) === 'stopped' ? 'STATUS_STOPPED' : 'STATUS_TROUBLE',
  );
  const { headline, tooltip } =
    typeof frame === 'object' && 'headline' in frame ? frame : { headline: code, tooltip: code };
  const short = entry.short === undefined ? '' : `, ${entry.short}`;
  return {
    headline: text(headline),
    reason: `${text(entry.wrong)} ${text(entry.safe)} ${text(entry.todo)}`,
    tooltip: clip(`${text(tooltip)}${short}`),
  };
}
