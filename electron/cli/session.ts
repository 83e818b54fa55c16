import type { Command } from 'commander';
import type { Catalogue } from '../../shared/messages.ts';
import { renderMessage } from '../../shared/messages.ts';
import type { MessageParams } from '../../shared/errors.ts';
import type { App, OnProgress } from '../host/app-types.ts';
import type { CommandEngine } from '../host/engine-commands.ts';
import type { Settings } from '../host/settings.ts';
import { requireHq, requireTerminal } from '../host/settings.ts';
import type { Outcome } from './outcome.ts';
import { createProgress, type ProgressBar, type ProgressStream } from './progress.ts';

/**
 * What a command is given: everything it may touch. Made once per process by `main.ts`; tests give their own.
 */
export interface Session {
  /** Read when first asked for, so that `--help` needs no settings. Throws where one is wrong. */
  readonly settings: () => Settings;
  readonly catalogue: Catalogue;
  readonly openApp: (settings: Settings) => Promise<App>;
  /** The engine that works on payflow.db in another process; null: none does. Throws where it cannot be asked. */
  readonly findEngine: (settings: Settings) => Promise<CommandEngine | null>;
  /** Shows what a command has to say and sets the exit code. */
  readonly show: (outcome: Outcome) => void;
  /** Shows a text at once, before the work that follows it; nothing in JSON mode. */
  readonly note: (text: string) => void;
  /** Asks a yes-or-no question at the terminal; nobody can be asked where there is none (a script): then it is a yes. */
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>;
  /** Where progress is shown; nothing is where that is no terminal. */
  readonly progressStream: ProgressStream;
}

/** hq: DATABASE_URL; terminal: that and PAYFLOW_TERMINAL; local: neither. Checked before anything is opened. */
export type Needs = 'hq' | 'terminal' | 'local';

export interface Work {
  readonly app: App;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  /** The session's, with the progress bar out of the way. */
  readonly note: Session['note'];
  readonly confirm: Session['confirm'];
  /** A message of the catalogue as text. */
  readonly say: (code: string, params?: MessageParams) => string;
}

function checkNeeds(settings: Settings, needs: Needs): void {
  if (needs !== 'local') requireHq(settings);
  if (needs === 'terminal') requireTerminal(settings);
}

/** Opens the app, does the work, shows its outcome, closes the app. Ctrl-C ends the work at its next safe point. */
export async function withApp(
  session: Session,
  needs: Needs,
  work: (work: Work) => Promise<Outcome>,
): Promise<void> {
  const settings = session.settings();
  checkNeeds(settings, needs);
  await perform(session, settings, work);
}

/**
 * For what writes (DESIGN 10): a running engine is asked, with the settings that it has itself; only where none works
 * on the file, one is opened here.
 */
export async function withEngine(
  session: Session,
  needs: Needs,
  work: (work: Work & { readonly engine: CommandEngine }) => Promise<Outcome>,
): Promise<void> {
  const settings = session.settings();
  const running = await session.findEngine(settings);
  if (running === null) checkNeeds(settings, needs);
  await perform(session, settings, (given) => work({ ...given, engine: running ?? given.app }));
}

async function perform(
  session: Session,
  settings: Settings,
  work: (work: Work) => Promise<Outcome>,
): Promise<void> {
  const stop = new AbortController();
  // The second Ctrl-C is the system's own: nobody is locked in.
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  const app = await session.openApp(settings);
  const progress = createProgress(session.progressStream);
  progress.begin();
  try {
    const outcome = await work({
      app,
      onProgress: progress.show,
      signal: stop.signal,
      ...besideBar(session, progress),
      say: (code, params) => renderMessage(session.catalogue, code, params),
    });
    progress.stop();
    session.show(outcome);
  } finally {
    progress.stop();
    process.off('SIGINT', onInterrupt);
    await app.close();
  }
}

/** What is printed or asked must not stand in the bar's line, nor the bar in its. */
function besideBar(session: Session, progress: ProgressBar): Pick<Work, 'note' | 'confirm'> {
  return {
    note: (text) => {
      progress.stop();
      session.note(text);
      progress.begin();
    },
    confirm: async (question, signal) => {
      progress.stop();
      try {
        return await session.confirm(question, signal);
      } finally {
        progress.begin();
      }
    },
  };
}

/** The example that every `--help` ends with. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  const examples = lines.map((line) => `  $ payflow ${line}`).join('\n');
  return command.addHelpText('after', `\nExample:\n${examples}`);
}
