import type { PayflowError } from '../../shared/errors.ts';
import type { VerifyReport } from '../../shared/rows.ts';
import type { Running } from '../../shared/status.ts';
import type { BooksResult } from '../../shared/views.ts';
import { cronTimes } from './cron-times.ts';
import type { CheckRun, CycleAsked } from './desk-types.ts';
import { outcomeOf, outcomeOfLoad, type CycleOutcome, type EngineCalls } from './engine-calls.ts';
import type { Command, CommandDone } from './engine-commands.ts';
import { serveEngine, type EngineServer } from './engine-server.ts';
import { startThread, type Thread } from './engine-thread.ts';
import { asFailure } from './failure.ts';
import { localFacts, type LocalFacts } from './local-facts.ts';
import type { Log } from './log.ts';
import type { KeptPause } from './pause.ts';
import type { ReaderCalls } from './reader-calls.ts';
import type { CheckJob, SchedulerState } from './scheduler.ts';
import {
  SchedulerShell,
  type CommandEnd,
  type SchedulerPorts,
  type Timers,
} from './scheduler-shell.ts';
import type { Settings } from './settings.ts';
import { appVersion } from './version.ts';
import type { ThreadEvent, ThreadRole, Watch } from './thread-messages.ts';

export interface SessionOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly workerUrl: URL;
  readonly resources?: string;
  readonly timers: Timers;
  /** False: nothing starts by itself. */
  readonly automatic: boolean;
  /** False: the first load waits for somebody to ask for it. */
  readonly beginsByItself: boolean;
  /** A pause that no file keeps yet. */
  readonly pause: KeptPause | null;
  readonly on: (event: SessionEvent) => void;
  /** Waited for, so that nobody hears of the end before the figures are there. */
  readonly onOutcome: (outcome: CycleOutcome, asked: CycleAsked) => Promise<void>;
  readonly onChecked: (run: CheckRun) => void;
  readonly onBooks: (books: BooksResult) => void;
}

export type SessionEvent =
  | { readonly type: 'state'; readonly state: SchedulerState }
  | { readonly type: 'progress'; readonly progress: Running }
  /** payflow.db or HQ's feed has changed. */
  | { readonly type: 'file' }
  | { readonly type: 'feed' }
  /** The command line asks for something; it has changed more than a cycle does. */
  | { readonly type: 'command' | 'changed' }
  /** A thread crashed and comes again; is there again. */
  | { readonly type: 'lost'; readonly role: ThreadRole; readonly failure: PayflowError }
  | { readonly type: 'back'; readonly role: ThreadRole };

/** The threads and the scheduler for one set of settings; other settings mean another session. */
export class Session {
  readonly scheduler: SchedulerShell;
  readonly local: LocalFacts;
  readonly reader: Thread<ReaderCalls>;
  readonly #options: SessionOptions;
  #engine: Thread<EngineCalls> | null = null;
  #server: Promise<EngineServer | null> | null = null;
  /** A person's word that is on its way into payflow.db. */
  #keeping: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(options: SessionOptions, reader: Thread<ReaderCalls>, local: LocalFacts) {
    this.#options = options;
    this.reader = reader;
    this.local = local;
    const { mode, hq, terminal } = options.settings;
    this.scheduler = new SchedulerShell(
      {
        mode,
        automatic: options.automatic,
        configured: hq !== null && terminal !== null,
        begun: local.initialised || options.beginsByItself,
        pause: local.facts.paused ?? options.pause,
        comparedAt: local.comparedAt,
      },
      this.#ports(),
      options.timers,
    );
  }

  /**
   * Starts the threads and reads what payflow.db knows; nothing runs before `scheduler.send({ type: 'start' })`. A file
   * that cannot be read is no reason not to start: the first cycle says what is wrong with it.
   */
  static async open(options: SessionOptions): Promise<Session> {
    const opened: { session: Session | null } = { session: null };
    const reader = thread<ReaderCalls>(options, 'reader', () => opened.session);
    const local = await reader.call('facts').catch((error: unknown) => {
      options.log.error('payflow.db could not be read', error);
      return localFacts(null, options.settings, options.timers.now());
    });
    const session = (opened.session = new Session(options, reader, local));
    if (local.initialised) await session.listen();
    return session;
  }

  /** From now on commands beside this engine ask it. Not before payflow.db is known to be PayFlow's: nothing is put beside a document. */
  async listen(): Promise<void> {
    if (this.#closed) return;
    const { settings, log } = this.#options;
    this.#server ??= serveEngine({
      databasePath: settings.databasePath,
      version: appVersion(),
      log,
      answer: (command, watch) => this.#command(command, watch),
    });
    await this.#server;
  }

  /** Started when it is first needed: before the setup there is nothing for it to do. */
  get engine(): Thread<EngineCalls> {
    return (this.#engine ??= thread<EngineCalls>(this.#options, 'engine', () => this));
  }

  hear(event: ThreadEvent): void {
    if (this.#closed) return;
    switch (event.type) {
      case 'file':
        this.#options.on({ type: 'file' });
        if (event.outbox) this.scheduler.send({ type: 'local' });
        break;
      case 'feed':
        this.#options.on({ type: 'feed' });
        this.scheduler.send({ type: 'feed' });
        break;
      case 'feed-lost':
        this.#options.log.warn('the connection that listens at HQ is gone', { code: event.code });
        this.scheduler.send({ type: 'feed-lost', code: event.code });
        break;
    }
  }

  tell(event: SessionEvent): void {
    if (!this.#closed) this.#options.on(event);
  }

  /** Never rejects: what does not end as it should is a line in the log, and no obstacle to the next session. */
  async close(): Promise<void> {
    this.scheduler.send({ type: 'close' });
    this.#closed = true;
    await this.#keeping;
    const parts = [
      this.#engine?.close() ?? Promise.resolve(),
      this.reader.close(),
      this.#stopListening(),
    ];
    for (const end of await Promise.allSettled(parts))
      if (end.status === 'rejected')
        this.#options.log.error('part of the engine did not end', end.reason);
  }

  async #stopListening(): Promise<void> {
    await (await this.#server)?.close();
  }

  #command(command: Command, watch: Watch): Promise<CommandDone['answer']> {
    this.tell({ type: 'command' });
    const work = async (own: Watch): Promise<CommandEnd<CommandDone['answer']>> => {
      const began = this.#options.timers.now();
      const answer = await this.engine.call('command', command, own);
      const code = await this.#tellDone({ ...command, answer } as CommandDone, began);
      return { value: answer, code };
    };
    return this.scheduler.command(work, watch, command.name === 'init');
  }

  /** What the window shows of it, as if it had been asked there. Answers with what it says about HQ. */
  async #tellDone(done: CommandDone, began: number): Promise<CommandEnd<unknown>['code']> {
    const { onOutcome, onChecked, onBooks } = this.#options;
    if (this.#closed) return undefined;
    switch (done.name) {
      case 'init':
        await onOutcome(outcomeOfLoad(done.answer), wholeCycle);
        this.tell({ type: 'changed' });
        return null;
      case 'sync': {
        const { table, dryRun, direction } = done.args;
        // One table, or a rehearsal, says nothing about the rest: the state goes by what stands in the file.
        if (table === null && !dryRun)
          await onOutcome(outcomeOf(done.answer), { ...wholeCycle, direction });
        return done.answer.error?.code ?? null;
      }
      case 'retry':
        await onOutcome(outcomeOf(done.answer), wholeCycle);
        return done.answer.error?.code ?? null;
      case 'verify':
      case 'repair':
        onChecked(this.#checkRun(done.answer, began));
        return null;
      case 'books':
        onBooks({ ...done.answer, ...this.#took(began), error: null });
        return null;
      case 'schemaCheck':
        return null;
      case 'schemaFix':
        this.tell({ type: 'changed' });
        return null;
      case 'reset':
      case 'answerRemovals':
      case 'resolveConflict':
      case 'dismissNotice':
        this.tell({ type: 'changed' });
        return undefined;
    }
  }

  #ports(): SchedulerPorts {
    const { settings, log, onOutcome } = this.#options;
    return {
      cycle: (asked, watch) => this.engine.call('cycle', asked, watch),
      check: (job, watch) => (job === 'books' ? this.#books(watch) : this.#check(job, watch)),
      probe: () => this.engine.call('probe'),
      listen: () => this.engine.call('watchFeed'),
      keepPause: (pause) => {
        this.#keeping = this.engine.call('keepPause', pause).catch((error: unknown) => {
          log.error('the pause could not be kept', error);
        });
      },
      giveUp: () => {
        log.warn('the engine shows no life and is started anew');
        void this.engine.crash();
      },
      asFailure: (error) => asFailure(error, log.path),
      nextCron: cronTimes(settings.cron),
      onState: (state) => {
        this.tell({ type: 'state', state });
      },
      onProgress: (progress) => {
        this.tell({ type: 'progress', progress });
      },
      // Of a cycle that `close` ended nobody wants to hear any more: the threads are going.
      onOutcome: async (outcome, asked) => {
        if (this.#closed) return;
        try {
          await onOutcome(outcome, asked);
        } catch (error) {
          // The cycle has ended all the same: the scheduler must hear so, or none comes after it.
          log.error('the outcome of a cycle could not be told', error);
        }
      },
    };
  }

  async #check(
    job: Exclude<CheckJob, 'books'>,
    watch: Watch,
  ): Promise<{ readonly code: string | null }> {
    const { timers, log, onChecked } = this.#options;
    const began = timers.now();
    try {
      const report =
        job === 'verify'
          ? await this.engine.call('verify', null, watch)
          : await this.engine.call('repair', { log: job === 'repair' }, watch);
      onChecked(this.#checkRun(report, began));
      if (job !== 'verify') this.tell({ type: 'changed' });
      return { code: null };
    } catch (error) {
      const { code, params } = asFailure(error, log.path);
      const nothing = { equal: false, explained: 0, tables: {} };
      onChecked({ ...this.#checkRun(nothing, began), error: { code, params } });
      return { code };
    }
  }

  async #books(watch: Watch): Promise<{ readonly code: string | null }> {
    const { timers, log, onBooks } = this.#options;
    const began = timers.now();
    try {
      const report = await this.engine.call('books', null, watch);
      onBooks({ ...report, ...this.#took(began), error: null });
      return { code: null };
    } catch (error) {
      const { code, params } = asFailure(error, log.path);
      const nothing = { equal: false, explained: 0, lines: [], first: null };
      onBooks({ ...nothing, ...this.#took(began), error: { code, params } });
      return { code };
    }
  }

  #took(began: number): Pick<CheckRun, 'at' | 'durationMs'> {
    const at = this.#options.timers.now();
    return { at, durationMs: at - began };
  }

  #checkRun(
    { equal, explained, tables, repaired }: VerifyReport & { readonly repaired?: number },
    began: number,
  ): CheckRun {
    return {
      ...this.#took(began),
      repaired: repaired ?? null,
      equal,
      explained,
      tables: Object.entries(tables).map(([table, counts]) => ({ table, ...counts })),
      error: null,
    };
  }
}

const wholeCycle: CycleAsked = { direction: 'both', retry: [], fetch: [] };

function thread<C>(
  { settings, log, workerUrl, resources }: SessionOptions,
  role: ThreadRole,
  session: () => Session | null,
): Thread<C> {
  return startThread<C>({
    url: workerUrl,
    log,
    ...(resources === undefined ? {} : { resources }),
    data: {
      role,
      settings,
      secrets: [settings.hq?.password, settings.jwtSecret].filter(
        (text) => typeof text === 'string',
      ),
    },
    onEvent: (event) => session()?.hear(event),
    onLost: (failure) => session()?.tell({ type: 'lost', role, failure }),
    onBack: () => session()?.tell({ type: 'back', role }),
  });
}
