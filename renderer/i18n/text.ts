import { IntlMessageFormat } from 'intl-messageformat';
import type { MessageParams } from '../../shared/errors.ts';
import { catalogueOf, clockFormat, messageFormats } from '../../shared/message-format.ts';
import { renderMessage, renderStatus, type StatusText } from '../../shared/messages.ts';
import type { Message } from '../../shared/report.ts';
import { localeOf, type Language } from './languages.ts';
import { pseudoTree } from './pseudo.ts';
import { messageEntries, screenTexts } from './sources.ts';

/** All that one language can say. `t(key, params)` is a text of the screens; times are milliseconds since 1970. */
export interface Text {
  (key: string, params?: MessageParams): string;
  /** For `Intl` and the page's `lang`. */
  readonly locale: string;
  /** A message of the catalogue as one line. */
  message(message: Message): string;
  /** A state's headline, reason and tooltip. */
  status(message: Message): StatusText;
  /** A failure's sentences one by one; null where the code is none (or an unknown one). */
  failure(
    message: Message,
  ): { readonly safe: string; readonly wrong: string; readonly todo: string } | null;
  /** 14:32 */
  time(at: number): string;
  /** 22 Nov, 14:32; with the year where it is not this one. */
  dateTime(at: number): string;
  /** "3 min ago", "in 2 min", "now". */
  ago(at: number, now?: number): string;
  number(value: number): string;
  bytes(value: number): string;
  /** 850 ms, 3.2 s, 4 min */
  duration(milliseconds: number): string;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

function bytesText(locale: string, value: number): string {
  const power = Math.min(Math.floor(Math.log(Math.max(value, 1)) / Math.log(1_000)), 3);
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: byteUnits[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(value / 1_000 ** power);
}

function durationText(locale: string, milliseconds: number): string {
  const of = (unit: string, value: number, digits: number): string =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value);
  if (milliseconds < 1_000) return of('millisecond', milliseconds, 0);
  if (milliseconds < 60_000) return of('second', milliseconds / 1_000, 1);
  return of('minute', milliseconds / 60_000, 1);
}

function agoText(locale: string, at: number, now: number): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const apart = at - now;
  for (const [unit, size] of units) {
    if (Math.abs(apart) >= size) return relative.format(Math.trunc(apart / size), unit);
  }
  return relative.format(0, 'second');
}

/** Builds the texts of one language. `system`: the languages the system prefers, for dates and numbers. */
export function textIn(language: Language, system: readonly string[] = []): Text {
  const words = language === 'pseudo' ? 'en' : language;
  const locale = localeOf(language, system);
  const compile = (text: string): IntlMessageFormat => {
    const plain = new IntlMessageFormat(text, locale, messageFormats, { ignoreTag: true });
    if (language !== 'pseudo') return plain;
    return new IntlMessageFormat(pseudoTree(plain.getAst()), locale, messageFormats);
  };
  // What this language lacks is said in English rather than not at all; a test finds it before a user does.
  const entries = [...messageEntries('en'), ...(words === 'en' ? [] : messageEntries(words))];
  const catalogue = catalogueOf(entries, compile);
  const texts = new Map([...screenTexts('en'), ...(words === 'en' ? [] : screenTexts(words))]);
  const intl = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, options);
  const clock = intl(clockFormat);
  const stamp = intl({ ...clockFormat, day: 'numeric', month: 'short' });
  const fullStamp = intl({ ...clockFormat, day: 'numeric', month: 'short', year: 'numeric' });
  const numbers = new Intl.NumberFormat(locale);

  const say = (key: string, params: MessageParams = {}): string => {
    const text = texts.get(key);
    if (text === undefined) return key;
    try {
      return catalogue.format(text, params);
    } catch {
      return key;
    }
  };
  return Object.assign(say, {
    locale,
    message: ({ code, params }: Message) => renderMessage(catalogue, code, params),
    status: (message: Message) => renderStatus(catalogue, message),
    failure({ code, params }: Message) {
      const entry = catalogue.entries.get(code);
      if (typeof entry !== 'object' || !('safe' in entry)) return null;
      try {
        const of = (text: string): string => catalogue.format(text, params);
        return { safe: of(entry.safe), wrong: of(entry.wrong), todo: of(entry.todo) };
      } catch {
        return null;
      }
    },
    time: (at: number) => clock.format(at),
    dateTime: (at: number) =>
      (new Date(at).getFullYear() === new Date().getFullYear() ? stamp : fullStamp).format(at),
    ago: (at: number, now = Date.now()) => agoText(locale, at, now),
    number: (value: number) => numbers.format(value),
    bytes: (value: number) => bytesText(locale, value),
    duration: (milliseconds: number) => durationText(locale, milliseconds),
  });
}
