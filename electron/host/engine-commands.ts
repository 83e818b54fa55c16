/**
 * What the command line asks of a running engine (DESIGN 10): its writing commands, and nothing else. The arguments are
 * parsed by these schemas on the engine's side; the answers are the same reports that the command gets from an engine
 * of its own, so that it prints the same and ends the same.
 */
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { RunReport } from '../../shared/report.ts';
import type { BooksReport, RemovalQuestion, VerifyReport } from '../../shared/rows.ts';
import type {
  App,
  ConflictResolved,
  InitReport,
  OnProgress,
  RepairReport,
  SchemaFixReport,
  SchemaReport,
} from './app-types.ts';
import type { Watch } from './thread-messages.ts';

const nothing = z.strictObject({});
const word = z.string().min(1).max(1_000);
const rows = z.array(z.strictObject({ table: word, id: z.string().min(1).max(10_000) }));

export const COMMANDS = {
  init: z.strictObject({ takeOver: z.boolean() }),
  sync: z.strictObject({
    direction: z.enum(['push', 'pull', 'both']),
    table: word.nullable(),
    dryRun: z.boolean(),
  }),
  retry: z.strictObject({ rows: rows.max(100_000) }),
  verify: nothing,
  repair: z.strictObject({ log: z.boolean() }),
  books: nothing,
  schemaCheck: nothing,
  schemaFix: z.strictObject({ shown: word.nullable() }),
  reset: z.strictObject({ table: word.nullable() }),
  answerRemovals: z.strictObject({
    table: word,
    direction: z.enum(['download', 'upload']).nullable(),
    answer: z.enum(['hq', 'local']),
  }),
  resolveConflict: z.strictObject({ id: z.int().min(1), keep: z.enum(['local', 'hq']) }),
  dismissNotice: z.strictObject({ id: z.int().min(1) }),
} as const;

export type CommandName = keyof typeof COMMANDS;
type CommandArgs<N extends CommandName> = z.infer<(typeof COMMANDS)[N]>;

interface CommandAnswers {
  readonly init: InitReport;
  readonly sync: RunReport;
  readonly retry: RunReport;
  readonly verify: VerifyReport;
  readonly repair: RepairReport;
  readonly books: BooksReport;
  readonly schemaCheck: SchemaReport;
  readonly schemaFix: SchemaFixReport;
  readonly reset: readonly string[];
  readonly answerRemovals: RemovalQuestion;
  readonly resolveConflict: ConflictResolved;
  readonly dismissNotice: { readonly id: number };
}

/** A command with its arguments, parsed. */
export type Command = {
  readonly [N in CommandName]: { readonly name: N; readonly args: CommandArgs<N> };
}[CommandName];

/** A command with its answer. */
export type CommandDone = {
  readonly [N in CommandName]: {
    readonly name: N;
    readonly args: CommandArgs<N>;
    readonly answer: CommandAnswers[N];
  };
}[CommandName];

/** Whoever holds the file: an engine of one's own, or a running one that is asked. */
export type CommandEngine = Pick<App, CommandName>;

/** Throws BAD_REQUEST: no such command, or arguments that it does not take. */
export function parseCommand(name: string, args: unknown): Command {
  if (!Object.hasOwn(COMMANDS, name)) throw new PayflowError('BAD_REQUEST', { what: name });
  const parsed = COMMANDS[name as CommandName].safeParse(args);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new PayflowError('BAD_REQUEST', { what: path === '' ? name : `${name}.${path}` });
  }
  return { name, args: parsed.data } as Command;
}

/** Carries a command out with an engine of one's own. */
export function runCommand(
  app: CommandEngine,
  command: Command,
  { onProgress, signal }: Watch,
): Promise<CommandDone['answer']> {
  switch (command.name) {
    case 'init':
      return app.init(onProgress, signal, undefined, command.args);
    case 'sync':
      return app.sync({ ...command.args, onProgress, signal });
    case 'retry':
      return app.retry(command.args.rows, onProgress, signal);
    case 'verify':
      return app.verify(onProgress, signal);
    case 'repair':
      return app.repair(command.args, onProgress, signal);
    case 'books':
      return app.books(onProgress, signal);
    case 'schemaCheck':
      return app.schemaCheck();
    case 'schemaFix':
      return app.schemaFix(command.args);
    case 'reset':
      return app.reset(command.args.table);
    case 'answerRemovals':
      return app.answerRemovals(command.args);
    case 'resolveConflict':
      return app.resolveConflict(command.args);
    case 'dismissNotice':
      return app.dismissNotice(command.args);
  }
}

/** An engine whose commands are carried out by whoever `ask` reaches. */
export function commandsOver(
  ask: (command: Command, watch: Partial<Watch>) => Promise<unknown>,
): CommandEngine {
  const asked = async <N extends CommandName>(
    name: N,
    args: CommandArgs<N>,
    watch: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal } = {},
  ): Promise<CommandAnswers[N]> =>
    // Both ends are of the same version: the answer is what the same code gives there.
    (await ask({ name, args } as Command, watch)) as CommandAnswers[N];
  return {
    init: (onProgress, signal, _runId, { takeOver = false } = {}) =>
      asked('init', { takeOver }, { onProgress, signal }),
    sync: ({ direction, table, dryRun, onProgress, signal }) =>
      asked('sync', { direction, table, dryRun }, { onProgress, signal }),
    retry: (named, onProgress, signal) =>
      asked('retry', { rows: [...named] }, { onProgress, signal }),
    verify: (onProgress, signal) => asked('verify', {}, { onProgress, signal }),
    repair: (options, onProgress, signal) => asked('repair', options, { onProgress, signal }),
    books: (onProgress, signal) => asked('books', {}, { onProgress, signal }),
    schemaCheck: () => asked('schemaCheck', {}),
    schemaFix: (options) => asked('schemaFix', options),
    reset: (table) => asked('reset', { table }),
    answerRemovals: (answer) => asked('answerRemovals', answer),
    resolveConflict: (choice) => asked('resolveConflict', choice),
    dismissNotice: (notice) => asked('dismissNotice', notice),
  };
}
