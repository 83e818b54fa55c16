import type { Command } from 'commander';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { count } from './text.ts';

export function addHqUninstall(hq: Command, session: Session): void {
  const command = hq
    .command('uninstall')
    .description("remove PayFlow's change capture from HQ; the shop's tables and rows stay");
  withExample(command, 'hq uninstall').action(() =>
    withApp(session, 'hq', async ({ app }) => {
      const report = await app.uninstallHq();
      const tables = count(report.tables.length, 'table');
      return done(
        report,
        `PayFlow is removed from HQ: ${tables} no longer captured. No row was touched.`,
      );
    }),
  );
}
