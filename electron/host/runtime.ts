import { randomUUID } from 'node:crypto';
import type { HostEvent, Topic } from '../../shared/contract.ts';
import type { Message } from '../../shared/report.ts';
import type { BooksResult, StatusView } from '../../shared/views.ts';
import { BehindCount } from './behind-count.ts';
import { cronInterval } from './cron-times.ts';
import type { CheckRun, CycleAsked } from './desk-types.ts';
import type { CycleOutcome } from './engine-calls.ts';
import { Gentle } from './gentle.ts';
import type { LocalFacts } from './local-facts.ts';
import type { Log } from './log.ts';
import { RunDisplay } from './run-display.ts';
import type { CheckJob, SchedulerState } from './scheduler.ts';
import type { Timers } from './scheduler-shell.ts';
import { Session, type SessionEvent } from './session.ts';
import type { Settings } from './settings.ts';
import { StatusBoard } from './status-board.ts';
import { nothingSeen, type StatusParts, type TroubleOf } from './status-view.ts';

export interface RuntimeOptions {
  readonly log: Log;
  readonly workerUrl: URL;
  readonly resources?: string;
  readonly timers: Timers;
  readonly automatic: boolean;
  /** False: the first load waits for somebody to ask for it. */
  readonly beginsByItself: () => boolean;
  readonly tell: (event: HostEvent) => void;
}

/** Counting what waits looks at every entry of the outbox: not with each commit of a busy till. */
const factsGapMs = 250;
/** Enough for "more than". */
const behindAtMost = 10_000;

const listTopics: readonly Topic[] = [
  'held',
  'rejected',
  'conflicts',
  'oversold',
  'runs',
  'notices',
];

/** The session that holds, what is known of it, and who hears of it. Other settings replace the session. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #board: StatusBoard;
  readonly #facts: Gentle;
  readonly #behind: BehindCount;
  readonly #display: RunDisplay;
  #session: Session;
  #moving: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #lastCheck: CheckRun | null = null;
  #lastBooks: BooksResult | null = null;
  /** The window has been told that the first load is complete. */
  #setUp = false;

  private constructor(options: RuntimeOptions, settings: Settings, session: Session) {
    const { timers, log, automatic, tell } = options;
    this.#options = options;
    this.#session = session;
    this.#board = new StatusBoard(firstParts(session, settings, timers.now()), timers, (status) => {
      tell({ type: 'status', status });
    });
    this.#facts = new Gentle(
      factsGapMs,
      timers,
      () => this.#readFacts(),
      (error) => {
        log.error('the facts of payflow.db could not be read', error);
      },
    );
    this.#display = new RunDisplay(this.#board, timers);
    this.#behind = new BehindCount(this.#board, timers, automatic, () =>
      this.#session.engine.call('countBehind', { atMost: behindAtMost }),
    );
  }

  static async open(options: RuntimeOptions, settings: Settings): Promise<Runtime> {
    const opened: { runtime: Runtime | null } = { runtime: null };
    const session = await Session.open(sessionOptions(options, settings, () => opened.runtime));
    const runtime = new Runtime(options, settings, session);
    opened.runtime = runtime;
    session.scheduler.send({ type: 'start' });
    return runtime;
  }

  get status(): StatusView {
    return this.#board.current();
  }

  get local(): LocalFacts {
    return this.#board.parts.local;
  }

  get scheduler(): SchedulerState {
    return this.#session.scheduler.state;
  }

  get lastCheck(): CheckRun | null {
    return this.#lastCheck;
  }

  get lastBooks(): BooksResult | null {
    return this.#lastBooks;
  }

  /** How the first load stands. */
  get load(): {
    readonly loaded: boolean;
    readonly running: boolean;
    readonly error: Message | null;
  } {
    const { loaded, error } = this.status.facts;
    return { loaded, running: !loaded && this.scheduler.running !== null, error };
  }

  /** The thread of this moment. */
  get reader(): Session['reader'] {
    return this.#session.reader;
  }

  get engine(): Session['engine'] {
    return this.#session.engine;
  }

  /** The session, once no other is about to take its place. */
  async session(): Promise<Session> {
    await this.#moving;
    return this.#session;
  }

  /** Sends to the scheduler what a person or the system did. */
  send(event: Parameters<Session['scheduler']['send']>[0]): void {
    this.#session.scheduler.send(event);
  }

  /** A cycle now, or exactly one more behind the one that runs; its run has a name, the first it was given. */
  request(asked: CycleAsked): { readonly queued: boolean; readonly runId: string } {
    const { running, queued } = this.scheduler;
    const runId = queued?.runId ?? asked.runId ?? randomUUID();
    this.#display.hurry();
    this.send({ type: 'ask', asked: { ...asked, runId } });
    return { queued: running !== null, runId };
  }

  check(job: CheckJob): void {
    this.#display.hurry();
    this.send({ type: 'check', job });
  }

  /** Something beside the sync does not work (null: any more). */
  trouble(of: TroubleOf, message: Message | null): void {
    const { [of]: before = null, ...others } = this.#board.parts.troubles;
    // Who hears of it may try again, and must not hear of the same end for ever.
    if (JSON.stringify(before) === JSON.stringify(message)) return;
    this.#board.change({ troubles: message === null ? others : { ...others, [of]: message } });
    this.changed(['settings']);
  }

  troubleOf(of: TroubleOf): Message | null {
    return this.#board.parts.troubles[of] ?? null;
  }

  changed(topics: readonly Topic[]): void {
    this.#options.tell({ type: 'changed', topics });
  }

  /** Ends what runs at its next safe point and goes on with these settings. */
  restart(settings: Settings): Promise<void> {
    // A move that failed is told to who asked for it, and must not fail the next one.
    this.#moving = this.#moving.catch(() => undefined).then(() => this.#move(settings));
    return this.#moving;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#facts.close();
      this.#behind.close();
      this.#display.close();
      this.#board.close();
      await this.#moving.catch(() => undefined);
      await this.#session.close();
    })();
    return this.#closing;
  }

  async #move(settings: Settings): Promise<void> {
    if (this.#closing !== null) return;
    const { pause } = this.scheduler;
    await this.#session.close();
    const options = sessionOptions(this.#options, settings, () => this);
    this.#session = await Session.open({ ...options, pause });
    this.#display.hide();
    this.#lastCheck = null;
    this.#lastBooks = null;
    this.#setUp = false;
    // What begins at once is part of the first picture.
    this.#session.scheduler.send({ type: 'start' });
    const { troubles } = this.#board.parts;
    this.#board.change({
      ...firstParts(this.#session, settings, this.#options.timers.now()),
      troubles,
    });
  }

  // ------------------------------------------------------------------------------- what the session says

  hear(event: SessionEvent): void {
    switch (event.type) {
      case 'state':
        this.#followState(event.state);
        break;
      case 'progress':
        this.#display.progress(event.progress);
        break;
      case 'file':
        this.#facts.ask();
        break;
      case 'feed':
        this.#behind.ask();
        break;
      case 'command':
        this.#display.hurry();
        break;
      case 'changed':
        this.#facts.ask();
        this.changed([...listTopics, 'schema', 'setup']);
        break;
      case 'lost': {
        const { code, params } = event.failure;
        const { seen } = this.#board.parts;
        const failure = { code, params, since: this.#options.timers.now() };
        this.#board.change({ seen: { ...seen, failure } });
        break;
      }
      case 'back':
        this.#facts.ask();
        if (event.role === 'engine') this.#session.scheduler.send({ type: 'start' });
        this.#forgiveLoss();
        break;
    }
  }

  #followState(state: SchedulerState): void {
    const { scheduler } = this.#board.parts;
    this.#board.change({ scheduler: state });
    this.#display.follow(scheduler.running, state.running);
    if (scheduler.running !== null && state.running === null) this.#tellSetup();
    const ended = scheduler.running !== null && state.running === null;
    if (ended || (state.pause !== null && scheduler.pause === null)) this.#behind.ask();
  }

  /** A cycle has ended while the first load was not known to be complete: only now does the setup say so. */
  #tellSetup(): void {
    if (this.#setUp) return;
    this.#setUp = this.local.facts.loaded;
    this.changed(['setup']);
  }

  async outcome({ status, error, received, sent }: CycleOutcome, asked: CycleAsked): Promise<void> {
    const before = this.local;
    const at = this.#options.timers.now();
    const { seen, waitingAtHq } = this.#board.parts;
    const finished = status === 'completed' || status === 'partial';
    const downloaded = finished && asked.direction !== 'pull';
    await this.#facts.now();
    this.#board.change({
      seen: {
        failure: finished ? null : error === null ? seen.failure : { ...error, since: at },
        lastRun: { at, status, received, sent },
        downloadedAt: downloaded ? at : seen.downloadedAt,
      },
      waitingAtHq: downloaded ? 0 : waitingAtHq,
    });
    await this.#keepEarlyPause(before);
    if (received + sent > 0 || status !== 'completed' || !sameLists(before, this.local))
      this.changed(listTopics);
    this.#behind.plan();
  }

  checked(run: CheckRun): void {
    this.#lastCheck = run;
    // One that passes settles notices.
    this.changed(['check', 'notices']);
  }

  booked(books: BooksResult): void {
    this.#lastBooks = books;
    this.changed(['check']);
  }

  /** A pause that was made before there was a file to keep it in. */
  async #keepEarlyPause(before: LocalFacts): Promise<void> {
    const { pause } = this.scheduler;
    if (before.initialised || !this.local.initialised || pause === null) return;
    await this.#session.engine.call('keepPause', pause).catch(() => undefined);
  }

  /** Once the thread is back its loss is no news any more, unless a cycle has failed by it. */
  #forgiveLoss(): void {
    const { seen } = this.#board.parts;
    if (seen.failure?.code !== 'ENGINE_THREAD_LOST' || this.scheduler.attempt > 0) return;
    this.#board.change({ seen: { ...seen, failure: null } });
  }

  async #readFacts(): Promise<void> {
    const local = await this.#session.reader.call('facts');
    this.#board.change({ local });
    if (local.initialised) await this.#session.listen();
  }
}

function sessionOptions(
  { log, workerUrl, resources, timers, automatic, beginsByItself }: RuntimeOptions,
  settings: Settings,
  runtime: () => Runtime | null,
) {
  return {
    settings,
    log,
    workerUrl,
    ...(resources === undefined ? {} : { resources }),
    timers,
    automatic,
    beginsByItself: beginsByItself(),
    pause: null,
    on: (event: SessionEvent) => runtime()?.hear(event),
    onOutcome: async (outcome: CycleOutcome, asked: CycleAsked) =>
      runtime()?.outcome(outcome, asked),
    onChecked: (run: CheckRun) => runtime()?.checked(run),
    onBooks: (books: BooksResult) => runtime()?.booked(books),
  };
}

function firstParts(session: Session, settings: Settings, now: number): StatusParts {
  return {
    local: session.local,
    scheduler: session.scheduler.state,
    seen: nothingSeen,
    running: null,
    aliveAt: null,
    tables: [],
    waitingAtHq: null,
    troubles: {},
    intervalMs: settings.mode === 'cron' ? cronInterval(settings.cron, now) : 0,
  };
}

function sameLists(a: LocalFacts, b: LocalFacts): boolean {
  return (
    a.facts.held === b.facts.held &&
    a.facts.rejected === b.facts.rejected &&
    a.facts.conflicts === b.facts.conflicts &&
    a.facts.oversold === b.facts.oversold &&
    a.facts.notices[0]?.id === b.facts.notices[0]?.id
  );
}
