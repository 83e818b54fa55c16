import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { windowPlace } from './window-place.ts';

const schema = z.object({
  place: windowPlace.nullable().default(null),
});
type Remembered = z.infer<typeof schema>;

/** What the window remembers from one start to the next. Nothing that matters: a lost file costs a window's place. */
export interface DesktopMemory {
  read(): Remembered;
  write(change: Partial<Remembered>): void;
}

export function openMemory(folder: string): DesktopMemory {
  const path = join(folder, 'window.json');
  let held: Remembered;
  try {
    held = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    held = schema.parse({});
  }
  return {
    read: () => held,
    write(change) {
      held = { ...held, ...change };
      try {
        // Whole or not at all: a kill in the middle of writing leaves the file of before.
        writeFileSync(`${path}.new`, JSON.stringify(held), { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // A folder that cannot be written to is told about by what needs it: settings, payflow.db, log.
      }
    },
  };
}
