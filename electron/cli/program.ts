import { Command } from 'commander';
import { addCheckpoints } from './checkpoints.ts';
import { addConflicts } from './conflicts.ts';
import { addDemo } from './demo.ts';
import { addHeld } from './held.ts';
import { addHqInstall } from './hq-install.ts';
import { addHqStatus } from './hq-status.ts';
import { addHqUninstall } from './hq-uninstall.ts';
import { addInit } from './init.ts';
import { addLogs } from './logs.ts';
import { addManifest } from './manifest.ts';
import { addDismiss, addNotices } from './notices.ts';
import { addOversold } from './oversold.ts';
import { addRejected } from './rejected.ts';

import { addRemovals } from './removals.ts';
import { addReset } from './reset.ts';
import { addResolve } from './resolve.ts';
import { addRetry } from './retry.ts';
import { addSchema } from './schema.ts';
import { addServe } from './serve.ts';
import type { Session } from './session.ts';
import { addStats } from './stats.ts';
import { addStatus } from './status.ts';
import { addSync } from './sync.ts';
import { addToken } from './token.ts';
import { addVerify } from './verify.ts';

/** Commander never ends the process and never prints an error: both are `main.ts`'s. */
function prepare(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option('--json', 'print one JSON document');
  for (const child of command.commands) prepare(child);
}

/** All commands of DESIGN 10 that exist so far. */
export function buildProgram(session: Session): Command {
  const program = new Command('payflow').description(
    "Keeps a POS terminal's payflow.db in step with HQ's PostgreSQL, in both directions.",
  );
  const hq = program.command('hq').description("PayFlow's part in HQ's database");
  addHqInstall(hq, session);
  addHqStatus(hq, session);
  addHqUninstall(hq, session);
  addManifest(program, session);
  addInit(program, session);
  addSync(program, session);
  addStatus(program, session);
  addHeld(program, session);
  addConflicts(program, session);
  addRejected(program, session);
  addRemovals(program, session);
  addOversold(program, session);
  addNotices(program, session);
  addDismiss(program, session);
  addLogs(program, session);
  addStats(program, session);
  addCheckpoints(program, session);
  addRetry(program, session);
  addResolve(program, session);
  addReset(program, session);
  addVerify(program, session);
  addSchema(program, session);
  addServe(program, session);
  addToken(program, session);
  addDemo(program, session);
  prepare(program);
  return program;
}

/** The commands that `argv` begins with, for the help line of a usage error: `payflow hq install --help`. */
export function helpLine(program: Command, argv: readonly string[]): string {
  const names = ['payflow'];
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command?.commands.find((child) => child.name() === word);
    if (command === undefined) break;
    names.push(command.name());
  }
  return `${names.join(' ')} --help`;
}
