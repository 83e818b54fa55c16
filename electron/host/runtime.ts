import { randomUUID } from 'node:crypto';
import type { HostEvent, Topic } from '../../shared/contract.ts';
import type { Message } from '../../shared/report.ts';
import type { StatusView } from '../../shared/views.ts';
import { cronInterval } from './cron-times.ts';
import type { CheckRun, CycleAsked } from './desk-types.ts';
import type { CycleOutcome } from './engine-calls.ts';
import { Gentle } from './gentle.ts';
import type { LocalFacts } from './local-facts.ts';
import type { Log } from './log.ts';
import { isPaused, type SchedulerState } from './scheduler.ts';
import type { Timers } from './scheduler-shell.ts';
import { Session, type SessionEvent } from './session.ts';
import type { Settings } from './settings.ts';
import { StatusBoard } from './status-board.ts';
import { nothingSeen, withProgress, type StatusParts } from './status-view.ts';

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

/** A cycle of a busy till is over before eyes could read "syncing"; one that a person asked for shows at once. */
const quietMs = 150;
/** Counting what waits looks at every entry of the outbox: not with each commit of a busy till. */
const factsGapMs = 250;
const behindEveryMs = 60_000;
const behindGapMs = 2_000;
/** Enough for "more than". */
const behindAtMost = 10_000;

const listTopics: readonly Topic[] = ['held', 'rejected', 'conflicts', 'runs'];

/** The session that holds, what is known of it, and who hears of it. Other settings replace the session. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #board: StatusBoard;
  readonly #facts: Gentle;
  readonly #behind: Gentle;
  #session: Session;
  #moving: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #lastCheck: CheckRun | null = null;
  /** A person waits to see that something happens. */
  #eager = false;
  #showRunning: (() => void) | null = null;
  #nextBehind: (() => void) | null = null;

  private constructor(options: RuntimeOptions, settings: Settings, session: Session) {
    const { timers, log, tell } = options;
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
    this.#behind = new Gentle(
      behindGapMs,
      timers,
      () => this.#countBehind(),
      () => {
        // HQ is away, or says so to the next cycle.
        this.#board.change({ waitingAtHq: null });
      },
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

  /** How the first load stands. */
  get load(): {
    readonly loaded: boolean;
    readonly running: boolean;
    readonly error: Message | null;
  } {
    const { loaded, error } = this.status.facts;
    return { loaded, running: !loaded && this.scheduler.running?.what === 'cycle', error };
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
    this.#eager = true;
    this.send({ type: 'ask', asked: { ...asked, runId } });
    this.#showNow();
    return { queued: running !== null, runId };
  }

  check(): void {
    this.#eager = true;
    this.send({ type: 'check' });
    this.#showNow();
  }

  changed(topics: readonly Topic[]): void {
    this.#options.tell({ type: 'changed', topics });
  }

  /** Ends what runs at its next safe point and goes on with these settings. */
  restart(settings: Settings): Promise<void> {
    this.#moving = this.#moving.then(() => this.#move(settings));
    return this.#moving;
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#facts.close();
      this.#behind.close();
      this.#nextBehind?.();
      this.#showRunning?.();
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
    this.#hideRunning();
    this.#lastCheck = null;
    this.#board.change(firstParts(this.#session, settings, this.#options.timers.now()));
    this.#session.scheduler.send({ type: 'start' });
  }

  // ------------------------------------------------------------------------------- what the session says

  hear(event: SessionEvent): void {
    switch (event.type) {
      case 'state':
        this.#followState(event.state);
        break;
      case 'progress': {
        const { tables, running } = this.#board.parts;
        this.#latest = event.progress;
        this.#board.change({
          tables: withProgress(tables, event.progress),
          ...(running === null ? {} : { running: event.progress }),
        });
        break;
      }
      case 'file':
        this.#facts.ask();
        break;
      case 'feed':
        if (this.#asksBehind()) this.#behind.ask();
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

  #latest: StatusParts['running'] = null;

  #followState(state: SchedulerState): void {
    const { scheduler, running } = this.#board.parts;
    this.#board.change({ scheduler: state });
    if (state.running === null) this.#hideRunning();
    else if (running === null && scheduler.running?.since !== state.running.since) {
      this.#latest = { phase: phaseOf(state), table: null, done: 0, total: null };
      this.#board.change({ tables: [] });
      this.#showRunning = this.#options.timers.after(this.#eager ? 0 : quietMs, () => {
        this.#showNow();
      });
    }
    if (state.pause !== null && scheduler.pause === null && this.#asksBehind()) this.#behind.ask();
  }

  #showNow(): void {
    if (this.scheduler.running !== null) this.#board.change({ running: this.#latest });
  }

  #hideRunning(): void {
    this.#showRunning?.();
    this.#showRunning = null;
    this.#eager = false;
    this.#latest = null;
    this.#board.change({ running: null, tables: [] });
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
    if (before.initialised !== this.local.initialised || !before.facts.loaded)
      this.changed(['setup']);
    this.#planBehind();
  }

  checked(run: CheckRun): void {
    this.#lastCheck = run;
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
    this.#board.change({ local: await this.#session.reader.call('facts') });
  }

  // --------------------------------------------------------------------------------- what waits at HQ

  /** Whoever downloads by itself has nothing waiting there. */
  #asksBehind(): boolean {
    const { mode, hq, configured, running, closed } = this.scheduler;
    const holdsBack = mode !== 'live' || isPaused(this.scheduler, this.#options.timers.now());
    return (
      holdsBack &&
      configured &&
      !closed &&
      hq !== 'unreachable' &&
      running === null &&
      this.local.facts.loaded
    );
  }

  #planBehind(): void {
    this.#nextBehind?.();
    // A cycle that `close` cut short is told of after it: a timer then would keep the process.
    if (!this.#options.automatic || this.#closing !== null) return;
    this.#nextBehind = this.#options.timers.after(behindEveryMs, () => {
      if (this.#asksBehind()) this.#behind.ask();
      this.#planBehind();
    });
  }

  async #countBehind(): Promise<void> {
    const count = await this.#session.engine.call('countBehind', { atMost: behindAtMost });
    if (this.#asksBehind()) this.#board.change({ waitingAtHq: count });
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
  };
}

function firstParts(session: Session, settings: Settings, now: number): StatusParts {
  return {
    local: session.local,
    scheduler: session.scheduler.state,
    seen: nothingSeen,
    running: null,
    tables: [],
    waitingAtHq: null,
    intervalMs: settings.mode === 'cron' ? cronInterval(settings.cron, now) : 0,
  };
}

function phaseOf({ running }: SchedulerState): 'check' | 'settle' {
  return running?.what === 'check' ? 'check' : 'settle';
}

function sameLists(a: LocalFacts, b: LocalFacts): boolean {
  return (
    a.facts.held === b.facts.held &&
    a.facts.rejected === b.facts.rejected &&
    a.facts.conflicts === b.facts.conflicts
  );
}
