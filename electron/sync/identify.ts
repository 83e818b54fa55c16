/**
 * The stage before the first row moves: is this still the terminal, the file and the HQ of before (DESIGN 8.1, 8.2)?
 * `identify` decides and refuses; `recover` makes good. Whatever `recover` was killed in, it does again.
 */
import { PayflowError } from '../../shared/errors.ts';
import { cursorOf, saveCursor } from './download/load.ts';
import { adoptApplied } from './adopt-applied.ts';
import { compareNumbers, downloads, type EnginePorts, type Run } from './engine.ts';
import { judge, type Breach, type Ours, type Verdict } from './identity.ts';
import { META } from './meta.ts';
import type { LocalStore } from './local-port.ts';
import type { Binding, Hello, HqIdentity, Instance, Token } from './ports.ts';

/** A recovery under way: what is wrong, and, once HQ has been claimed, that the outbox has still to be looked through. */
type Recovery = Breach & { readonly asking: boolean };

const NO_TOKEN: Token = { counter: 0, random: '' };

/** Throws CLONE_REFUSED where somebody else is this terminal. Writes nothing. */
export function identify(
  { local }: Pick<EnginePorts, 'local'>,
  hello: Hello,
  instance: Instance,
  takeOver: boolean,
): Verdict {
  const ours = local.read(() => whatWeKnow(local));
  const verdict = judge(ours, hello, instance.digest, takeOver);
  if (verdict.kind !== 'clone') return verdict;
  throw cloneRefused(hello, instance);
}

/** The same for a file that is still to be made. */
export function identifyNew(hello: Hello, instance: Instance, takeOver: boolean): void {
  const ours = { ...NOTHING_KNOWN, epoch: 1 };
  if (judge(ours, hello, instance.digest, takeOver).kind === 'clone')
    throw cloneRefused(hello, instance);
}

const NOTHING_KNOWN: Ours = {
  epoch: 0,
  token: null,
  next: null,
  batches: { confirmed: 0, saved: 0 },
  hq: null,
  cursor: '0',
};

function cloneRefused({ binding }: Hello, instance: Instance): PayflowError {
  const params = {
    holder: binding?.holder ?? '?',
    since: Date.parse(binding?.heldSince ?? '') || 0,
    seen: Date.parse(binding?.lastSeenAt ?? '') || 0,
  };
  return new PayflowError(
    binding?.instance === instance.digest ? 'CLONE_TWIN' : 'CLONE_REFUSED',
    params,
  );
}

function whatWeKnow(local: LocalStore): Ours {
  return {
    epoch: Number(local.meta(META.epoch) ?? '1'),
    token: parsed<Token>(local.meta(META.token)),
    next: parsed<Token>(local.meta(META.nextToken)),
    batches: local.batchNumbers(),
    hq: parsed<HqIdentity>(local.meta(META.hq)),
    cursor: [...local.cursors().values()].reduce(
      (highest, { xid }) => (compareNumbers(xid, highest) > 0 ? xid : highest),
      '0',
    ),
  };
}

function parsed<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}

/** Makes good what `identify` found, or what an earlier run was killed in. Moves no row. */
export async function recover(run: Run, hello: Hello, verdict: Verdict): Promise<void> {
  const { local } = run;
  const open = parsed<Recovery>(local.meta(META.recovery));
  if (verdict.kind === 'same' && open === null) {
    if (verdict.confirm !== null) confirm(run, verdict.confirm);
    return;
  }
  const found = verdict.kind === 'breach' ? verdict : { file: false, hq: false, moved: false };
  // Past the claim only the outbox is left to be asked about, unless HQ or the file has been changed once more.
  if (open?.asking !== true || verdict.kind !== 'same') {
    await claim(run, hello, {
      file: found.file || open?.file === true,
      hq: found.hq || open?.hq === true,
      moved: found.moved || open?.moved === true,
    });
  } else if (verdict.confirm !== null) confirm(run, verdict.confirm);
  if (parsed<Recovery>(local.meta(META.recovery)) !== null) {
    await adoptApplied(run);
    local.write(() => {
      local.setMeta(META.recovery, null);
    });
  }
  run.at('identity:recovered');
}

function confirm(run: Run, token: Token): void {
  run.local.write(() => {
    run.local.setMeta(META.token, JSON.stringify(token));
    run.local.setMeta(META.nextToken, null);
  });
}

/** Takes the terminal at HQ and, in one local transaction, everything that follows from it. */
async function claim(run: Run, hello: Hello, breach: Breach): Promise<void> {
  const { local, self } = run;
  const seen = hello.binding;
  const ours = local.read(() => whatWeKnow(local));
  const highest = Math.max(ours.epoch, seen?.epoch ?? 0, 1);
  const epoch = breach.file ? highest + 1 : highest;
  const counter = Math.max(
    ours.token?.counter ?? 0,
    ours.next?.counter ?? 0,
    seen?.token.counter ?? 0,
  );
  const token = newToken(counter);
  local.write(() => {
    const asking: Recovery = { ...breach, asking: false };
    local.setMeta(META.recovery, JSON.stringify(asking));
    local.setMeta(META.nextToken, JSON.stringify(token));
  });
  run.at('identity:before-claim');
  const last = await run.remote.claim({
    terminal: self.key,
    code: self.code,
    epoch,
    lastBatch: breach.hq ? 0 : ours.batches.saved,
    instance: self.instance,
    token,
    seen: { epoch: seen?.epoch ?? 0, counter: seen?.token.counter ?? 0 },
  });
  run.at('identity:claimed');
  local.write(() => {
    local.setMeta(META.epoch, String(epoch));
    local.setMeta(META.token, JSON.stringify(token));
    local.setMeta(META.nextToken, null);
    local.setMeta(META.hq, JSON.stringify(hello.hq));
    if (breach.file) local.dropOpenBatches();
    const again = breach.hq ? local.reopenBatches(last) : { count: 0, last };
    local.setMeta(META.lastBatch, String(again.last));
    if (breach.file || breach.hq || breach.moved) {
      compareEverything(run, hello);
      if (ours.token !== null) notice(run, breach, again.count, replaced(run, seen));
    }
    const asking: Recovery = { ...breach, asking: true };
    local.setMeta(META.recovery, breach.file ? JSON.stringify(asking) : null);
  });
  run.self = { ...self, epoch };
  run.log.info('the terminal was claimed', { ...breach, epoch, last });
}

/** Cursors go back to the floor, and what is remembered by HQ's transaction ids goes (DESIGN 8.1). */
function compareEverything(run: Run, { floor, bound }: Hello): void {
  run.local.forgetXids();
  for (const table of run.index.tables) {
    const cursor = cursorOf(run, table);
    const begun = cursor.loaded || cursor.loadKey !== null;
    if (!begun || !downloads(table.direction)) {
      if (compareNumbers(bound, cursor.xid) < 0)
        saveCursor(run, { ...cursor, xid: bound, seq: '0' });
    } else
      saveCursor(run, {
        ...cursor,
        xid: cursor.loaded ? floor : bound,
        seq: '0',
        loadKey: null,
        reload: true,
      });
  }
}

/** The machine that was this terminal until this one took over; null: it was this one. */
function replaced({ self }: Run, seen: Binding | null): string | null {
  const isOther = seen !== null && seen.instance !== null && seen.instance !== self.instance.digest;
  return isOther ? (seen.holder ?? '?') : null;
}

/** A person is told what was found, and what has been done about it. */
function notice(run: Run, { file, hq }: Breach, batches: number, holder: string | null): void {
  const waiting = run.local.countWaiting();
  if (holder !== null) {
    run.local.addNotice('STATUS_TAKEN_OVER', { holder, waiting });
    return;
  }
  const code = file ? 'STATUS_FILE_RESTORED' : hq ? 'STATUS_HQ_RESTORED' : 'STATUS_HQ_MOVED';
  run.local.addNotice(code, { batches, waiting });
}

function newToken(counter: number): Token {
  return { counter: counter + 1, random: crypto.randomUUID() };
}

/** The token of this cycle's end: the one whose answer was lost once more, so that a late arrival of it is no riddle. */
export function nextToken(local: LocalStore): Token {
  return parsed<Token>(local.meta(META.nextToken)) ?? newToken(tokenOf(local).counter);
}

/** The last token HQ has confirmed. */
export function tokenOf(local: LocalStore): Token {
  return parsed<Token>(local.meta(META.token)) ?? NO_TOKEN;
}
