import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first, as `npm test` was measured on two cores. One that begins last would keep
 * one worker while the others have nothing left.
 */
export const LONGEST: readonly string[] = [
  'e2e/simulation/simulation.e2e.test.ts',
  'e2e/demo.e2e.test.ts',
  'e2e/cli.e2e.test.ts',
  'e2e/errors.e2e.test.ts',
  'e2e/axe.e2e.test.ts',
  'e2e/engine-socket.e2e.test.ts',
  'e2e/simulation/mutants.e2e.test.ts',
  'e2e/console-busy.e2e.test.ts',
  'e2e/faults.pg.test.ts',
  'electron/sync/killed.pg.test.ts',
  'electron/host/host.pg.test.ts',
];

function rank({ moduleId }: { readonly moduleId: string }): number {
  const found = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return found === -1 ? LONGEST.length : found;
}

/** Files in Vitest's order, the longest put first; projects stay together, as Vitest wants them. */
export function longestFirst<File extends { readonly moduleId: string; readonly project: unknown }>(
  files: readonly File[],
): File[] {
  return [...Map.groupBy(files, ({ project }) => project).values()].flatMap((ofProject) =>
    ofProject.toSorted((a, b) => rank(a) - rank(b)),
  );
}

/**
 * Vitest starts the longest of its last run first; in a new checkout it knows of none, and goes by the size of the files, which
 * puts the shortest, the simulation, near the end.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files));
  }
}
