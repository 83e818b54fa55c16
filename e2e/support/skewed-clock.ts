/**
 * Loaded before a program (`node --import`), this sets its clock wrong by so many milliseconds, in its threads too. HQ and
 * the test keep theirs.
 */
const skewMs = Number(process.env['TEST_CLOCK_SKEW_MS'] ?? 0);
const TrueDate = Date;
const now = (): number => TrueDate.now() + skewMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
  apply: () => new TrueDate(now()).toString(),
  get: (target, name, receiver) =>
    name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown),
});
