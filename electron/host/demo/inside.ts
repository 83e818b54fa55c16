/** The demo's shop for the app: HQ, shop, till and back office, with the app's own engine between the two. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../settings.ts';
import type { Helper } from './helper.ts';
import { loadShop } from './load-shop.ts';
import { buildShop, productsFor } from './shop.ts';
import { readShopTexts } from './shop-texts.ts';
import { Stage } from './stage.ts';

export interface DemoShop {
  /** What the host works with while the demo runs: the demo's HQ, its till and a payflow.db that is not there yet. */
  readonly settings: Settings;
  /**
   * payflow.db is loaded: till and back office begin their work. `onLost`: one of the two ended by itself, and with it
   * the work of both; the shop stays as it stands then.
   */
  open(onLost: (program: 'till' | 'back-office') => void): void;
  /** Ends all programs of the demo and removes everything it made. The host has let go of payflow.db by then. */
  end(): Promise<void>;
}

/** Between two mistyped shifts; and how long the sales of one wait before the cashier corrects it. */
const calmMs = 60_000;
const mistakeMs = 25_000;
const workMs = 12_000;

/** Starts a PostgreSQL with PayFlow and the sample shop. Some seconds of work. */
export async function startDemoShop(): Promise<DemoShop> {
  const stage = new Stage();
  try {
    await stage.startHq();
    await stage.app.installHq({ withSchema: true, manifest: null, notify: true });
    await loadShop(stage.hq, buildShop(readShopTexts(), productsFor(null), new Date()));
  } catch (error) {
    await stage.close();
    throw error;
  }
  const stop = new AbortController();
  let working: Promise<void> = Promise.resolve();
  return {
    settings: { ...stage.settings, mode: 'live' },
    open(onLost) {
      const pos = stage.startPos();
      const office = stage.startBackOffice();
      const lost = new AbortController();
      const watch = (helper: Helper, program: 'till' | 'back-office'): void =>
        void helper.ended.then(() => {
          if (stop.signal.aborted || lost.signal.aborted) return;
          lost.abort();
          onLost(program);
        });
      watch(pos, 'till');
      watch(office, 'back-office');
      working = work(pos, office, AbortSignal.any([stop.signal, lost.signal])).catch(
        // Whatever was asked of a program that is gone; who has gone is told above.
        () => undefined,
      );
    },
    async end() {
      stop.abort();
      await stage.close();
      await working;
    },
  };
}

/** Sells and changes prices at a person's pace; now and then a mistyped shift, whose sales wait until it is corrected. */
async function work(pos: Helper, office: Helper, signal: AbortSignal): Promise<void> {
  const rest = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    await pos.ask('open shift');
    await Promise.all([pos.ask('work'), office.ask('work')]);
    await rest(workMs);
    await Promise.all([pos.ask('rest'), office.ask('rest')]);
    if (signal.aborted) return;
    await pos.ask('open mistyped shift');
    await pos.ask('sell');
    await rest(mistakeMs);
    await pos.ask('correct shift');
    await rest(calmMs);
  }
}
