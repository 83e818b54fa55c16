/**
 * When a schedule comes next, for the form to say. It reads the plain five fields (`*`, numbers, ranges, steps, lists);
 * what goes beyond them is left to the host, which checks every schedule when it is saved. Times are local.
 */
export interface CronRule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

/** The rarest date comes every four years: three times of it, and one missing in 2100. */
const horizonDays = 17 * 366;

function partOf(text: string, from: number, to: number): number[] | null {
  const match = /^(?:(\d+)(?:-(\d+))?|\*)(?:\/(\d+))?$/.exec(text);
  if (match === null) return null;
  const [, first, last, step] = match;
  // "5/10" means different things to different programs.
  if (first !== undefined && last === undefined && step !== undefined) return null;
  const start = first === undefined ? from : Number(first);
  const end = first === undefined ? to : Number(last ?? first);
  const by = step === undefined ? 1 : Number(step);
  if (start < from || end > to || start > end || by < 1 || by > to) return null;
  const values: number[] = [];
  for (let value = start; value <= end; value += by) values.push(value);
  return values;
}

/** The values of one field in order; null where it is not a plain one. */
function fieldOf(text: string, from: number, to: number): number[] | null {
  const parts = text.split(',').map((part) => partOf(part, from, to));
  const values = new Set<number>();
  for (const part of parts) {
    if (part === null) return null;
    for (const value of part) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

/** A plain schedule; null: another one, or none. */
export function parseCron(text: string): CronRule | null {
  const fields = text.trim().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  // With both given it is the one or the other, by some programs' reading.
  if (fields.length !== 5 || (day !== '*' && weekday !== '*')) return null;
  const minutes = fieldOf(minute, 0, 59);
  const hours = fieldOf(hour, 0, 23);
  const days = fieldOf(day, 1, 31);
  const months = fieldOf(month, 1, 12);
  const weekdays = fieldOf(weekday, 0, 7);
  if (minutes === null || hours === null || days === null || months === null || weekdays === null)
    return null;
  return {
    minutes,
    hours,
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays.map((value) => value % 7)),
  };
}

/** The next `count` times after `now`, milliseconds since 1970; fewer where there are none. */
export function nextTimes(rule: CronRule, now: number, count: number): number[] {
  const found: number[] = [];
  const start = new Date(now);
  for (let ahead = 0; ahead < horizonDays && found.length < count; ahead += 1) {
    const day = new Date(start.getFullYear(), start.getMonth(), start.getDate() + ahead);
    const fits =
      rule.days.has(day.getDate()) &&
      rule.months.has(day.getMonth() + 1) &&
      rule.weekdays.has(day.getDay());
    if (fits) found.push(...timesOf(rule, day, now).slice(0, count - found.length));
  }
  return found;
}

function timesOf({ hours, minutes }: CronRule, day: Date, now: number): number[] {
  return hours.flatMap((hour) =>
    minutes.flatMap((minute) => {
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), hour, minute);
      // The hour that summer time leaves out does not come.
      return at.getHours() === hour && at.getTime() > now ? [at.getTime()] : [];
    }),
  );
}

/** Schedules that need no fields, by the name of their text. */
export const EASY_SCHEDULES = {
  '5': '*/5 * * * *',
  '15': '*/15 * * * *',
  '30': '*/30 * * * *',
  '60': '0 * * * *',
  night: '0 3 * * *',
} as const;
export type EasySchedule = keyof typeof EASY_SCHEDULES;

/** The easy name of a schedule; null: one's own. */
export function easyScheduleOf(cron: string): EasySchedule | null {
  const plain = cron.trim().replaceAll(/\s+/g, ' ');
  const names = Object.keys(EASY_SCHEDULES) as EasySchedule[];
  return names.find((name) => EASY_SCHEDULES[name] === plain) ?? null;
}
