/** The stage before the first row moves: who we are, which plan holds, where the cursors stand. */
import { PayflowError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import { RunCounters } from './counters.ts';
import { downloads } from './engine.ts';
import type { CycleRequest, EngineLimits, EnginePorts, Progress, Run, Self } from './engine.ts';
import { PlanIndex } from './plan-index.ts';
import { identify } from './identify.ts';
import type { Verdict } from './identity.ts';
import { META } from './meta.ts';
import type { CursorRow } from './local-port.ts';
import type { Hello, HqIdentity, Instance } from './ports.ts';
import { noteScopes } from './rescope.ts';
import { Stamps, type SavedStamps } from './stamps.ts';

export interface ConnectOptions {
  readonly code: string;
  readonly instance: Instance;
  /** A person has said that this installation is the terminal from now on (DESIGN 8.2). */
  readonly takeOver: boolean;
  readonly request: CycleRequest;
  readonly limits: EngineLimits;
  /** Narrows HQ's plan to what payflow.db has: a column that exists on one side only does not sync. */
  effectivePlan(plan: Plan): Plan;
  onProgress(progress: Progress): void;
  checkCancelled(): void;
}

/** Says hello to HQ and prepares a run. Refuses a file that belongs to another terminal or another HQ. */
export async function connect(
  ports: EnginePorts,
  options: ConnectOptions,
): Promise<{ run: Run; hello: Hello; verdict: Verdict }> {
  const { local, remote } = ports;
  const hello = await remote.hello(options.code);
  const heard = hear(ports, hello);
  refuseForeignFile(ports, options.code, hello);
  const verdict = identify(ports, hello, options.instance, options.takeOver);
  const plan = await currentPlan(ports, hello, options);
  const index = new PlanIndex(plan);
  const self: Self = {
    key: hello.terminal.key,
    store: hello.terminal.store,
    code: options.code,
    epoch: Number(local.meta(META.epoch) ?? '1'),
    instance: options.instance,
  };
  remote.use(plan, ['*', `s:${self.store}`, `t:${self.key}`]);
  local.use(plan, self);
  noteScopes(ports, index, self);
  const cursors = await startCursors(ports, index, self);
  const run: Run = {
    ...ports,
    at: (step) => {
      ports.at(step);
    },
    limits: options.limits,
    request: options.request,
    index,
    self,
    readOnly: hello.readOnly,
    cursors,
    counters: new RunCounters(),
    bound: '0',
    refused: new Set(),
    triedAgain: new Set(),
    stamps: local.read(
      () => new Stamps(local, savedStamps(local), local.lastSeq(), heard, heard.now),
    ),
    namesAsOf: 0,
    hqNow: () => new Date(heard.now()).toISOString(),
    onProgress: (progress) => {
      options.onProgress(progress);
    },
    checkCancelled: () => {
      options.checkCancelled();
    },
  };
  return { run, hello, verdict };
}

/**
 * Clocks that agree within this are taken for one: the way to HQ and back measures no better, and a correction by that much
 * would only add its own error to times that are right.
 */
const CLOCKS_AGREE_MS = 250;

/** A clock's jitter is not written down with every cycle. */
const SKEW_NOTED_MS = 1_000;

/** Compares the clocks, and keeps how far they are apart for a status without HQ (DESIGN 7.4). */
function hear({ local, clock }: EnginePorts, { serverTime }: Hello) {
  const [told, own, ticks] = [Date.parse(serverTime), Date.parse(clock.now()), clock.ticks()];
  const hq = Math.abs(own - told) <= CLOCKS_AGREE_MS ? own : told;
  const skew = Math.round(own - told);
  const noted = local.meta(META.clockSkew);
  if (noted === null || Math.abs(Number(noted) - skew) > SKEW_NOTED_MS)
    local.write(() => {
      local.setMeta(META.clockSkew, String(skew));
    });
  return { hq, own, now: (): number => hq + clock.ticks() - ticks };
}

function savedStamps(local: EnginePorts['local']): SavedStamps | null {
  const text = local.meta(META.stamps);
  return text === null ? null : (JSON.parse(text) as SavedStamps);
}

/** Saves what the stamps of later runs are made of. Inside a write that happens anyway: an idle cycle writes nothing. */
export function saveStamps({ local, stamps }: Pick<Run, 'local' | 'stamps'>): void {
  local.setMeta(META.stamps, JSON.stringify(stamps.save()));
}

/** One payflow.db belongs to one terminal of one HQ; anything else would mix two shops' rows. */
export function refuseForeignFile({ local }: EnginePorts, code: string, hello: Hello): void {
  const terminal = local.meta(META.terminal);
  if (terminal !== null && terminal !== hello.terminal.key) {
    throw new PayflowError('TERMINAL_DIFFERS', { code, was: local.meta(META.code) ?? terminal });
  }
  const feedId = local.meta(META.feedId);
  if (feedId === null || feedId === hello.hq.feedId) return;
  // A feed that was made anew where the old one stood: the same HQ (DESIGN 8.1).
  const was = local.meta(META.hq);
  const cluster = was === null ? null : (JSON.parse(was) as HqIdentity).cluster;
  if (cluster !== hello.hq.cluster) throw new PayflowError('HQ_DIFFERS', {});
}

/** The plan in payflow.db while HQ's schema stands still, else a new one from the catalogue (DESIGN 3.8). */
async function currentPlan(
  { local, remote, clock }: EnginePorts,
  hello: Hello,
  options: ConnectOptions,
): Promise<Plan> {
  const stored = local.meta(META.plan);
  if (stored !== null && local.meta(META.schemaStamp) === hello.schemaStamp) {
    return options.effectivePlan(JSON.parse(stored) as Plan);
  }
  const plan = await remote.loadPlan();
  local.write(() => {
    local.setMeta(META.plan, JSON.stringify(plan));
    local.setMeta(META.schemaStamp, hello.schemaStamp);
    local.setMeta(META.terminal, hello.terminal.key);
    local.setMeta(META.code, options.code);
    local.setMeta(META.feedId, hello.hq.feedId);
    if (local.meta(META.epoch) === null) local.setMeta(META.epoch, '1');
    if (local.meta(META.comparedAt) === null) local.setMeta(META.comparedAt, clock.now());
  });
  return options.effectivePlan(plan);
}

/**
 * Every table has a cursor. New tables start at a bound that is registered at HQ, committed, before their first
 * snapshot (DESIGN 3.5). A changed fingerprint re-baselines.
 */
async function startCursors(
  { local, remote }: EnginePorts,
  index: PlanIndex,
  self: Self,
): Promise<Map<string, CursorRow>> {
  const cursors = local.read(() => local.cursors());
  const changed: CursorRow[] = [];
  const fresh = index.tables.filter((table) => !cursors.has(table.name));
  if (fresh.length > 0) {
    const bound = await remote.register(self.key, self.code, self.epoch);
    for (const { name, fingerprint } of fresh) {
      changed.push({
        table: name,
        xid: bound,
        seq: '0',
        loaded: false,
        loadKey: null,
        reload: false,
        exempt: false,
        fingerprint,
        updatedAt: null,
      });
    }
  }
  for (const table of index.tables) {
    const cursor = cursors.get(table.name);
    if (cursor === undefined) continue;
    if (cursor.fingerprint === table.fingerprint) continue;
    const begun = cursor.loaded || cursor.loadKey !== null;
    if (!begun || !downloads(table.direction)) {
      changed.push({ ...cursor, fingerprint: table.fingerprint, reload: cursor.loaded });
    } else if (!cursor.reload) {
      // The re-baseline writes the new fingerprint: until then the hashes are those of the old columns. So are the first of a
      // load that was cut off, which a scan would take for edits.
      changed.push({ ...cursor, reload: true });
    }
  }
  if (changed.length > 0)
    local.write(() => {
      for (const cursor of changed) local.saveCursor(cursor);
    });
  for (const cursor of changed) cursors.set(cursor.table, cursor);
  return cursors;
}
