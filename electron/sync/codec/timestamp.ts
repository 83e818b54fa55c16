/**
 * Timestamps, dates and times of day. Canonical is what PostgreSQL prints in DateStyle ISO and TimeZone UTC
 * (`2026-11-22 15:04:05.678`); payflow.db holds `2026-11-22T15:04:05.678Z`. Years 1 to 9999.
 */
import { UnholdableValue } from './unholdable.ts';

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const TIME = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?`;
const OFFSET = String.raw`\s*(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?`;
const TIMESTAMP = new RegExp(String.raw`^${DATE}(?:[Tt ]${TIME}${OFFSET})?$`);
const TIME_OF_DAY = new RegExp(`^${TIME}$`);
/** What PayFlow itself writes, on any day but a 29 February: needs no arithmetic as long as it is not rounded. */
const DAY = String.raw`(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\d|30)|(?:0[13578]|1[02])-31|02-(?:0[1-9]|1\d|2[0-8]))`;
const COMMON = new RegExp(
  String.raw`^(?!0000)\d{4}-${DAY}[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z?$`,
);
/** PostgreSQL counts from here, and rounds halves away from it. */
const EPOCH_YEAR = 2000;
const SECONDS_OF_DAY = 86_400;
const SECOND = 1_000_000;

/** HQ's text of a timestamp in the shape of payflow.db, with exactly `scale` digits (null: six). */
export function localTimestamp(canonical: string, scale: number): string {
  const length = canonical.length;
  // `10000-01-01 ...` has no blank there, `... BC` no digit at its end, `infinity` is too short.
  const isCommon =
    length >= 19 && canonical.charCodeAt(10) === 32 && canonical.charCodeAt(length - 1) <= 57;
  if (!isCommon) throw unholdable(canonical);
  const fraction = scale === 0 && length === 19 ? '' : paddedFraction(canonical.slice(19), scale);
  return `${canonical.slice(0, 10)}T${canonical.slice(11, 19)}${fraction}Z`;
}

function paddedFraction(fraction: string, scale: number): string {
  return (fraction === '' ? '.' : fraction).padEnd(scale + 1, '0');
}

/** HQ's text of a date as it is; infinity, BC and years above 9999 are refused. */
export function localDate(canonical: string): string {
  if (canonical.length !== 10) throw unholdable(canonical);
  return canonical;
}

function unholdable(canonical: string): UnholdableValue {
  return new UnholdableValue(canonical.endsWith('infinity') ? 'infinity' : 'out-of-range');
}

/**
 * Any way a POS program writes a moment, as HQ's `timestamp::text`: rounded to `scale` as PostgreSQL rounds, an
 * offset converted to UTC, a missing one read as UTC, a date alone as its midnight.
 */
export function canonicalTimestamp(text: string, scale: number): string {
  if (COMMON.test(text)) {
    const fraction = text.slice(20).replace(/0*Z?$/, '');
    const point = fraction === '' ? '' : '.';
    if (fraction.length <= scale) {
      return `${text.slice(0, 10)} ${text.slice(11, 19)}${point}${fraction}`;
    }
  }
  return parseTimestamp(text, scale);
}

function parseTimestamp(text: string, scale: number): string {
  const [matched, year, month, day, hour, minute, second, fraction, sign, offHour, offMinute] =
    TIMESTAMP.exec(text) ?? [];
  if (matched === undefined) throw new UnholdableValue('not-a-timestamp');
  requireDate(Number(year), Number(month), Number(day), 'not-a-timestamp');
  const clock = secondsOfDay(hour, minute, second, fraction, 'not-a-timestamp');
  const offset = secondsOfOffset(sign, offHour, offMinute);
  const micros = microsOf(fraction);
  if (offset === 0 && clock < SECONDS_OF_DAY) {
    const rounded = roundMicros(micros, scale, Number(year) >= EPOCH_YEAR);
    const time = hour === undefined ? '00:00:00' : `${hour}:${minute}:${second ?? '00'}`;
    if (rounded < SECOND) return `${year}-${month}-${day} ${time}${fractionText(rounded)}`;
  }
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setTime(date.getTime() + (clock - offset) * 1000);
  return formatMoment(date, roundMicros(micros, scale, date.getUTCFullYear() >= EPOCH_YEAR));
}

/** A moment of whole seconds and up to one second's microseconds more. */
function formatMoment(seconds: Date, micros: number): string {
  const moment = new Date(seconds.getTime() + (micros === SECOND ? 1000 : 0));
  if (moment.getUTCFullYear() < 1 || moment.getUTCFullYear() > 9999) {
    throw new UnholdableValue('out-of-range');
  }
  const iso = moment.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fractionText(micros % SECOND)}`;
}

/** A date as it is; a moment at midnight UTC is its date, every other moment would lose something. */
export function canonicalDate(text: string): string {
  const [matched, year, month, day] = TIMESTAMP.exec(text) ?? [];
  if (matched === undefined) throw new UnholdableValue('not-a-date');
  if (text.length === 10) {
    requireDate(Number(year), Number(month), Number(day), 'not-a-date');
    return text;
  }
  const moment = canonicalTimestamp(text, 6);
  if (!moment.endsWith(' 00:00:00')) throw new UnholdableValue('not-a-date');
  return moment.slice(0, 10);
}

/** A time of day as HQ's `time::text`; `24:00:00` is one. */
export function canonicalTime(text: string, scale: number): string {
  const [matched, hour, minute, second, fraction] = TIME_OF_DAY.exec(text) ?? [];
  if (matched === undefined) throw new UnholdableValue('not-a-time');
  const clock = secondsOfDay(hour, minute, second, fraction, 'not-a-time');
  const micros = roundMicros(microsOf(fraction), scale, true);
  if (micros < SECOND) return `${hour}:${minute}:${second ?? '00'}${fractionText(micros)}`;
  const total = clock + 1;
  return [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function requireDate(
  year: number,
  month: number,
  day: number,
  otherwise: 'not-a-date' | 'not-a-timestamp',
): void {
  if (year === 0) throw new UnholdableValue('out-of-range');
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) {
    throw new UnholdableValue(otherwise);
  }
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function secondsOfDay(
  hour = '00',
  minute = '00',
  second = '00',
  fraction = '',
  otherwise: 'not-a-time' | 'not-a-timestamp',
): number {
  const total = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const isBeyond = total > SECONDS_OF_DAY || (total === SECONDS_OF_DAY && /[1-9]/.test(fraction));
  if (minute > '59' || second > '59' || isBeyond) throw new UnholdableValue(otherwise);
  return total;
}

function secondsOfOffset(sign: string | undefined, hours = '0', minutes = '0'): number {
  if (sign === undefined) return 0;
  if (Number(hours) > 15 || Number(minutes) > 59) throw new UnholdableValue('not-a-timestamp');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

/** Digits of a second's fraction in microseconds: PostgreSQL reads them as a double and rounds half to even. */
function microsOf(fraction: string | undefined): number {
  if (fraction === undefined) return 0;
  if (fraction.length <= 6) return Number(fraction.padEnd(6, '0'));
  const exact = Number(`0.${fraction}`) * SECOND;
  const rounded = Math.round(exact);
  return rounded - exact === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** Rounded to `scale` digits; halves go up after PostgreSQL's epoch and down before it. */
function roundMicros(micros: number, scale: number, isAfterEpoch: boolean): number {
  if (scale >= 6) return micros;
  const unit = 10 ** (6 - scale);
  const half = isAfterEpoch ? unit / 2 : unit / 2 - 1;
  return Math.floor((micros + half) / unit) * unit;
}

function fractionText(micros: number): string {
  return micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
}
