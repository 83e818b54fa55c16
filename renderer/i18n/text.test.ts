import { describe, expect, test } from 'vitest';
import { languageOf, localeOf } from './languages.ts';
import { textIn } from './text.ts';

const t = textIn('en', ['en-GB']);
const es = textIn('es', ['es-ES']);
const now = Date.UTC(2026, 10, 22, 14, 32);

test('numbers come with nouns, singular and plural', () => {
  expect(t('status.changes', { count: 0 })).toBe('Nothing');
  expect(t('status.changes', { count: 1 })).toBe('1 change');
  expect(t('status.changes', { count: 1_234 })).toBe('1,234 changes');
});

test('a message of the catalogue is said in the language of the window', () => {
  const message = {
    code: 'STATUS_ROWS_SKIPPED',
    params: { count: 2, held: 2, rejected: 0, waiting: 0 },
  };
  expect(t.status(message).headline).toBe('2 rows need attention');
  expect(es.status(message).headline).not.toBe(t.status(message).headline);
  expect(es.status(message).headline).toContain('2');
});

test('a failure is told in its three sentences, and a code that is none is not', () => {
  expect(t.failure({ code: 'HQ_LOGIN_REFUSED', params: { user: 'till' } })).toMatchObject({
    wrong: "HQ refused this terminal's sign-in as till.",
  });
  expect(t.failure({ code: 'STATUS_SETUP', params: {} })).toBeNull();
  expect(t.failure({ code: 'NO_SUCH_CODE', params: {} })).toBeNull();
});

test('a key that nobody wrote a text for shows itself instead of breaking the screen', () => {
  expect(t('no.such-key', { count: 1 })).toBe('no.such-key');
});

test('markup and ICU syntax in a value stay text', () => {
  expect(t('status.phase-upload', { table: '<b>{x}</b> #' })).toBe('Sending: <b>{x}</b> #');
});

describe('times', () => {
  test('the clock has 24 hours in every language', () => {
    const evening = new Date(2026, 10, 22, 21, 5).getTime();
    expect(t.time(evening)).toBe('21:05');
    expect(textIn('en', ['en-US']).time(evening)).toBe('21:05');
    expect(es.time(evening)).toBe('21:05');
  });

  test.each([
    [0, 'now'],
    [-59_000, 'now'],
    [-3 * 60_000, '3 min ago'],
    [5 * 60_000, 'in 5 min'],
    [-90 * 60_000, '1 hr ago'],
    [-26 * 3_600_000, 'yesterday'],
  ])('%d ms away is "%s"', (apart, said) => {
    expect(t.ago(now + apart, now)).toBe(said);
  });

  test('a year is named where it is not this one', () => {
    expect(t.dateTime(new Date(1999, 1, 3, 4, 5).getTime())).toContain('1999');
    expect(t.dateTime(Date.now())).not.toContain(String(new Date().getFullYear()));
  });
});

test('sizes and durations come in the unit that fits', () => {
  expect(t.bytes(1)).toBe('1 byte');
  expect(t.bytes(48_230_400)).toBe('48.2 MB');
  expect(t.duration(850)).toBe('850 ms');
  expect(t.duration(3_200)).toBe('3.2 secs');
});

describe('which language', () => {
  test('the settings decide, and "auto" takes the first of the system that we speak', () => {
    expect(languageOf('es', ['en-US'])).toBe('es');
    expect(languageOf('auto', ['de-DE', 'es-MX', 'en-US'])).toBe('es');
    expect(languageOf('auto', ['de-DE'])).toBe('en');
  });

  test('dates follow the region of the system where it is of the same language', () => {
    expect(localeOf('es', ['en-GB', 'es-MX'])).toBe('es-MX');
    expect(localeOf('en', ['es-MX'])).toBe('en');
  });
});

describe('the pseudo-locale', () => {
  const pseudo = textIn('pseudo');

  test('no text of ours survives it, and every one needs more room', () => {
    const [plain, strange] = [t('status.do-idle'), pseudo('status.do-idle')];
    expect(strange).not.toBe(plain);
    expect(strange.length).toBeGreaterThanOrEqual(plain.length * 1.3);
  });

  test('values and the choice of a plural stay', () => {
    expect(pseudo('status.changes', { count: 1_234 })).toContain('1,234');
    expect(pseudo('status.phase-upload', { table: 'orders' })).toContain('orders');
  });
});
