import type { TestProject } from 'vitest/node';
import { startEmbeddedHq } from '../../electron/host/embedded-hq.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URLs: a PostgreSQL for each worker, used by one test file after the other. */
    postgresUrls: string[];
  }
}

/**
 * Vitest's global setup: PostgreSQL for the run, of the major version in PAYFLOW_TEST_PG. Each worker has a server of
 * its own: a feed's bound is that of a whole server (DESIGN 3.3), and one file's open transaction would hold up another's.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const major = process.env.PAYFLOW_TEST_PG;
  const start = () =>
    startEmbeddedHq({
      ...(major === undefined ? {} : { major: Number(major) }),
      settings: {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        max_connections: '200',
        max_prepared_transactions: '20',
      },
    });
  const servers = await Promise.all(Array.from({ length: project.config.maxWorkers }, start));
  project.provide(
    'postgresUrls',
    servers.map((server) => server.url()),
  );
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
}
