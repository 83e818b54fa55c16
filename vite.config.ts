import { defineConfig } from 'vitest/config';

/** Whole systems and real databases: a limit only against hanging, never a measure. */
const patient = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 30_000 };
const postgresTests = '**/*.pg.test.ts';
const systemTests = 'e2e/**/*.e2e.test.ts';
const never = ['**/node_modules/**', 'dist/**', 'release/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{electron,shared,renderer,e2e}/**/*.test.{ts,tsx}'],
          exclude: [...never, postgresTests, systemTests],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'postgres',
          include: [postgresTests],
          exclude: never,
          globalSetup: 'e2e/support/postgres-setup.ts',
          ...patient,
        },
      },
      {
        test: {
          name: 'system',
          include: [systemTests],
          exclude: never,
          globalSetup: 'e2e/support/postgres-setup.ts',
          ...patient,
        },
      },
    ],
  },
});
