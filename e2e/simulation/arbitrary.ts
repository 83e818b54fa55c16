/** How fast-check draws a history. */
import fc from 'fast-check';
import { COUNTERS, FIELDS } from './company.ts';
import {
  SINGLE_TABLES,
  type Fault,
  type History,
  type HqWrite,
  type PosWrite,
  type Step,
} from './history.ts';

const few = fc.nat(5);
const field = fc.nat(FIELDS.length - 1);
const counter = fc.nat(COUNTERS.length - 1);
const code = fc.nat(5);
const by = fc.integer({ min: -3, max: 3 }).filter((value) => value !== 0);

const posWrite: fc.Arbitrary<PosWrite> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('sell' as const),
      product: few,
      quantity: fc.integer({ min: 1, max: 3 }),
      customer: fc.option(few),
      split: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('edit' as const), field, row: few }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('count' as const), counter, row: few, by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add-customer' as const), code }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete-customer' as const), row: few }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete-hqs' as const), table: fc.nat(2), row: few }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('add-category' as const), product: few }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('replace-customer' as const), row: few, code }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rename' as const),
      table: fc.nat(2),
      row: few,
      other: fc.option(few),
    }),
  },
);

const one = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name) });
const session = fc.nat(1);
const ofSession = <Name extends string>(name: Name) =>
  fc.record({ do: fc.constant(name), session });
const ofRow = <Name extends string>(name: Name) => fc.record({ do: fc.constant(name), row: few });

const hqWrite: fc.Arbitrary<HqWrite> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('edit' as const), field, row: few }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('count' as const), counter, row: few, by }) },
  { weight: 1, arbitrary: one('prices') },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add-customer' as const), code }) },
  { weight: 2, arbitrary: ofRow('delete-customer') },
  { weight: 1, arbitrary: ofRow('remake-customer') },
  { weight: 2, arbitrary: ofRow('move-customer') },
  { weight: 1, arbitrary: ofRow('move-product') },
  { weight: 1, arbitrary: ofRow('rekey-product') },
  { weight: 1, arbitrary: one('purge') },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add-category' as const), parent: few }) },
  { weight: 1, arbitrary: ofRow('rename-category') },
  { weight: 1, arbitrary: ofRow('delete-category') },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('hang-product' as const), product: few, category: few }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('open-customer' as const), session, code }) },
  { weight: 2, arbitrary: ofSession('commit') },
  { weight: 1, arbitrary: ofSession('roll-back') },
);

const call = fc.integer({ min: 1, max: 8 });
const step = fc.integer({ min: 1, max: 14 });

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    do: fc.constant('cut' as const),
    call,
    when: fc.constantFrom('before' as const, 'after' as const),
  }),
  fc.record({
    do: fc.constant('cut-send' as const),
    call: fc.integer({ min: 1, max: 3 }),
    when: fc.constantFrom('before' as const, 'after' as const, 'late' as const),
  }),
  fc.record({ do: fc.constant('kill' as const), step }),
  fc.record({ do: fc.constant('pos' as const), step, write: posWrite }),
  fc.record({ do: fc.constant('hq' as const), call, write: hqWrite }),
);

const HOURS = 3600;

/** Nothing, so many times as often as something; shrinks to nothing. */
const mostlyNull = <T>(some: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> =>
  fc.oneof(
    { withCrossShrink: true },
    { weight: times, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: some },
  );

/** `calm`: cycles in which nothing goes wrong, for each in which something does. */
function cycle(terminal: fc.Arbitrary<number>, calm = 1) {
  const direction = fc.oneof(
    { weight: 4, arbitrary: fc.constant('both' as const) },
    fc.constantFrom('push' as const, 'pull' as const),
  );
  const table = mostlyNull(fc.nat(SINGLE_TABLES.length - 1), 7);
  return fc.record({ sync: terminal, direction, table, fault: mostlyNull(fault, calm) });
}

/** One thing that happens, in a company of so many terminals. */
function steps(terminals: number): fc.Arbitrary<Step> {
  const terminal = fc.nat(terminals - 1);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ at: terminal, pos: posWrite }) },
    { weight: 5, arbitrary: fc.record({ hq: hqWrite }) },
    { weight: 6, arbitrary: cycle(terminal) },
    {
      weight: 2,
      arbitrary: fc.oneof(fc.record({ copy: terminal }), fc.record({ restore: terminal })),
    },
    { weight: 1, arbitrary: fc.record({ clone: terminal }) },
    {
      weight: 1,
      arbitrary: fc.record({
        resolve: terminal,
        conflict: few,
        keep: fc.constantFrom('local' as const, 'hq' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ reset: terminal, table: fc.option(fc.nat(SINGLE_TABLES.length - 1)) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        skew: terminal,
        seconds: fc.constantFrom(0, 90, -90, 24 * HOURS, -24 * HOURS),
      }),
    },
  );
}

/** HQ's transactions beside each other on one table: what is rare among everything else, and what a cursor has to stand. */
const besideEachOther: fc.Arbitrary<HqWrite> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('open-customer' as const), session, code }) },
  { weight: 2, arbitrary: ofSession('commit') },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('add-customer' as const), code }) },
);

/** As `steps`, but mostly of open transactions at HQ and of cycles between their commits. */
function stepsOfSessions(terminals: number): fc.Arbitrary<Step> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ hq: besideEachOther }) },
    { weight: 3, arbitrary: cycle(fc.nat(terminals - 1), 4) },
    { weight: 1, arbitrary: steps(terminals) },
  );
}

/** A whole history, with at most so many terminals. */
export function histories(mostTerminals: number, mostSteps: number): fc.Arbitrary<History> {
  const some = (step: fc.Arbitrary<Step>) =>
    fc.array(step, { minLength: 5, maxLength: mostSteps, size: 'max' });
  return fc.integer({ min: 2, max: mostTerminals }).chain((terminals) =>
    fc.record({
      terminals: fc.constant(terminals),
      steps: fc.oneof(
        { weight: 5, arbitrary: some(steps(terminals)) },
        { weight: 1, arbitrary: some(stepsOfSessions(terminals)) },
      ),
    }),
  );
}
