import type { TestProject } from 'vitest/node';
import { startEmbeddedHq } from '../../electron/host/embedded-hq.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the one PostgreSQL that all test files of a run share. */
    postgresUrl: string;
  }
}

/** Vitest's global setup: one PostgreSQL for the run, of the major version in PAYFLOW_TEST_PG. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const major = process.env.PAYFLOW_TEST_PG;
  const hq = await startEmbeddedHq({
    ...(major === undefined ? {} : { major: Number(major) }),
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      max_prepared_transactions: '20',
    },
  });
  project.provide('postgresUrl', hq.url());
  return () => hq.stop();
}
