import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge, type Ours, type Theirs } from './identity.ts';
import type { Binding, HqIdentity, Token } from './ports.ts';

const here: HqIdentity = { cluster: 'c', timeline: '1', feedId: 'f' };
const token = (counter: number, random = 'r'): Token => ({ counter, random });

const ours = (more: Partial<Ours> = {}): Ours => ({
  epoch: 2,
  token: token(5),
  next: null,
  batches: { confirmed: 10, saved: 10 },
  hq: here,
  cursor: '900',
  ...more,
});

const binding = (more: Partial<Binding> = {}): Binding => ({
  epoch: 2,
  instance: 'me',
  holder: 'till',
  heldSince: null,
  lastSeenAt: '',
  leased: true,
  token: token(5),
  lastBatch: 10,
  ...more,
});

const theirs = (more: Partial<Binding> | null = {}, hq: Partial<HqIdentity> = {}): Theirs => ({
  hq: { ...here, ...hq },
  bound: '1000',
  binding: more === null ? null : binding(more),
});

const breach = (...found: ('file' | 'hq' | 'moved')[]) => ({
  kind: 'breach',
  file: found.includes('file'),
  hq: found.includes('hq'),
  moved: found.includes('moved'),
});

test.each<[string, Ours, Theirs, unknown]>([
  ['nothing has happened', ours(), theirs(), { kind: 'same', confirm: null }],
  [
    'the answer to our token was lost',
    ours({ next: token(6, 'n') }),
    theirs({ token: token(6, 'n') }),
    { kind: 'same', confirm: token(6, 'n') },
  ],
  [
    'our token never arrived',
    ours({ next: token(6, 'n') }),
    theirs(),
    { kind: 'same', confirm: null },
  ],
  [
    'a new file meets an HQ that knows nothing',
    ours({ token: null, hq: null }),
    theirs(null),
    { kind: 'first' },
  ],
  [
    'an HQ of before bindings',
    ours({ token: null }),
    theirs({ instance: null }),
    { kind: 'first' },
  ],
  ['a new file of a terminal that is ours', ours({ token: null }), theirs(), breach('file')],
  ['another instance is the terminal', ours(), theirs({ instance: 'you' }), { kind: 'clone' }],
  [
    'a new file of another machine',
    ours({ token: null }),
    theirs({ instance: 'you' }),
    { kind: 'clone' },
  ],
  ['a twin has left the same counter', ours(), theirs({ token: token(5, 'x') }), { kind: 'clone' }],
  ['HQ has a later token', ours(), theirs({ token: token(6, 'x') }), breach('file')],
  [
    'HQ has a later token than the one on its way',
    ours({ next: token(6, 'n') }),
    theirs({ token: token(6, 'x') }),
    breach('file'),
  ],
  ['HQ has a later epoch', ours(), theirs({ epoch: 3, token: token(1, 'x') }), breach('file')],
  ['HQ has a batch that this file never made', ours(), theirs({ lastBatch: 11 }), breach('file')],
  ['HQ has an earlier token', ours(), theirs({ token: token(4, 'x') }), breach('hq')],
  ['HQ has an earlier epoch', ours(), theirs({ epoch: 1 }), breach('hq')],
  ['HQ lacks a batch that it had confirmed', ours(), theirs({ lastBatch: 9 }), breach('hq')],
  [
    'HQ lacks a batch whose outcome is unknown',
    ours({ batches: { confirmed: 9, saved: 10 } }),
    theirs({ lastBatch: 9 }),
    { kind: 'same', confirm: null },
  ],
  ['HQ has forgotten the terminal', ours(), theirs(null), breach('hq')],
  ['HQ stands in another cluster', ours(), theirs({}, { cluster: 'd' }), breach('moved')],
  ['HQ has failed over', ours(), theirs({}, { timeline: '2' }), breach('moved')],
  ['the bound is below a cursor', ours({ cursor: '1001' }), theirs(), breach('moved')],
  ['the feed was made anew', ours(), theirs(null, { feedId: 'g' }), breach('file', 'moved')],
  [
    'both have been restored',
    ours(),
    theirs({ token: token(6, 'x'), lastBatch: 9 }),
    breach('file', 'hq'),
  ],
])('8.1: %s', (_name, mine, hq, verdict) => {
  expect(judge(mine, hq, 'me')).toEqual(verdict);
});

test('8.2: a take-over is never refused, and the file asks what HQ has of its outbox', () => {
  expect(judge(ours(), theirs({ instance: 'you' }), 'me', true)).toEqual(breach('file'));
  expect(judge(ours(), theirs({ instance: 'you', lastBatch: 8 }), 'me', true)).toEqual(
    breach('file', 'hq'),
  );
  expect(judge(ours(), theirs({ token: token(5, 'x') }), 'me', true)).toEqual(breach('file', 'hq'));
  expect(judge(ours(), theirs(), 'me', true)).toEqual({ kind: 'same', confirm: null });
});

const small = fc.nat(3);
const anyToken = fc.record({ counter: small, random: fc.constantFrom('a', 'b') });
const anyOurs: fc.Arbitrary<Ours> = fc.record({
  epoch: small,
  token: fc.option(anyToken),
  next: fc.option(anyToken),
  batches: fc
    .tuple(small, small)
    .map(([confirmed, open]) => ({ confirmed, saved: confirmed + open })),
  hq: fc.option(
    fc.record({
      cluster: fc.constantFrom('c', 'd'),
      timeline: fc.constantFrom('1', '2'),
      feedId: fc.constantFrom('f', 'g'),
    }),
  ),
  cursor: fc.constantFrom('0', '900', '1001'),
});
const anyTheirs: fc.Arbitrary<Theirs> = fc.record({
  hq: fc.constant(here),
  bound: fc.constant('1000'),
  binding: fc.option(
    fc.record({
      epoch: small,
      instance: fc.constantFrom(null, 'me', 'you'),
      holder: fc.constant(null),
      heldSince: fc.constant(null),
      lastSeenAt: fc.constant(''),
      leased: fc.boolean(),
      token: anyToken,
      lastBatch: fc.nat(7),
    }),
  ),
});

test('8.1: whatever both remember, "same" means that nobody is behind, and no stranger gets in', () => {
  fc.assert(
    fc.property(anyOurs, anyTheirs, fc.boolean(), (mine, hq, takeOver) => {
      const { kind } = judge(mine, hq, 'me', takeOver);
      const bound = hq.binding;
      const [stranger, known] = [bound?.instance === 'you', bound?.instance === 'me'];
      const isSame =
        bound !== null &&
        known &&
        bound.epoch === mine.epoch &&
        [mine.token, mine.next].some(
          (token) => token?.counter === bound.token.counter && token.random === bound.token.random,
        ) &&
        mine.token !== null &&
        bound.lastBatch >= mine.batches.confirmed &&
        bound.lastBatch <= mine.batches.saved &&
        (mine.hq === null || JSON.stringify(mine.hq) === JSON.stringify(here)) &&
        Number(mine.cursor) <= 1000;
      expect(kind === 'same').toBe(isSame);
      expect(stranger && !takeOver && kind !== 'clone', 'a stranger gets in').toBe(false);
      expect(takeOver && kind === 'clone', 'a person is refused').toBe(false);
      expect(kind === 'first').toBe(mine.token === null && !stranger && !known);
    }),
    { numRuns: 5_000 },
  );
});
