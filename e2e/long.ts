/**
 * `npm run test:long`: the tests that grow with PAYFLOW_LONG, in their long form; among them the simulation, for
 * PAYFLOW_SIM_MINUTES, and its mutants, which show that it can fail.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const LONG_TESTS = [
  'e2e/no-gaps.pg.test.ts',
  'e2e/pos-beside-sync.pg.test.ts',
  'e2e/disk.pg.test.ts',
  'e2e/faults.pg.test.ts',
  'e2e/network-sweep.pg.test.ts',
  'e2e/random-kills.pg.test.ts',
  'e2e/values-property.pg.test.ts',
  'electron/sync/killed.pg.test.ts',
  'electron/sync/resume-load.pg.test.ts',
];
const LONG_SYSTEM_TESTS = [
  'e2e/axe.e2e.test.ts',
  'e2e/console-busy.e2e.test.ts',
  'e2e/errors.e2e.test.ts',
  'e2e/serve-stop.e2e.test.ts',
  'e2e/simulation/simulation.e2e.test.ts',
  'e2e/simulation/mutants.e2e.test.ts',
];
const root = resolve(import.meta.dirname, '..');

function runs(arguments_: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: 'inherit', env });
  return status === 0;
}

const vitest = join('node_modules', 'vitest', 'vitest.mjs');
const long = runs([vitest, 'run', '--project', 'postgres', ...LONG_TESTS], {
  ...process.env,
  PAYFLOW_LONG: '1',
});
const longSystem = runs([vitest, 'run', '--project', 'system', ...LONG_SYSTEM_TESTS], {
  ...process.env,
  PAYFLOW_LONG: '1',
});
process.exitCode = long && longSystem ? 0 : 1;
