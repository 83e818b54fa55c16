/** What a run asks of HQ beside its work: HQ's refusal is logged, and the run is none the worse. */
import { PayflowError } from '../../shared/errors.ts';
import type { Run } from './engine.ts';
import type { LocalStore } from './local-port.ts';
import { META } from './meta.ts';
import { decide } from './retry.ts';

/** What HQ has refused, it is asked for again after this: a right that is missing is missing for days. */
const REFUSED_MS = 3_600_000;

export type Errand = 'liveness' | 'runs' | 'checkpoints' | 'purge';
/** `refused`: HQ has heard it and will not; `unheard`: it could not be asked just now. */
export type Answer = 'done' | 'refused' | 'unheard';

export class Beside {
  readonly #run: Pick<Run, 'local' | 'log' | 'clock'>;
  readonly #refused: Partial<Record<Errand, string>>;
  #changed = false;

  constructor(run: Pick<Run, 'local' | 'log' | 'clock'>) {
    this.#run = run;
    this.#refused = JSON.parse(run.local.meta(META.refusedErrands) ?? '{}') as Record<
      Errand,
      string
    >;
  }

  /** False: HQ has refused it within the hour. */
  isDue(errand: Errand): boolean {
    const at = this.#refused[errand];
    return (
      at === undefined || Math.abs(Date.parse(this.#run.clock.now()) - Date.parse(at)) >= REFUSED_MS
    );
  }

  async ask(errand: Errand, work: () => Promise<void>): Promise<Answer> {
    try {
      await work();
      this.#note(errand, null);
      return 'done';
    } catch (error) {
      this.#run.log.warn('HQ did not take what a run brings beside its work', { errand, error });
      if (error instanceof PayflowError && decide(error.code).action === 'retry') return 'unheard';
      this.#note(errand, this.#run.clock.now());
      return 'refused';
    }
  }

  #note(errand: Errand, at: string | null): void {
    if ((this.#refused[errand] ?? null) === at) return;
    this.#changed = true;
    if (at === null) delete this.#refused[errand];
    else this.#refused[errand] = at;
  }

  /** Inside the run's last write. */
  store(local: LocalStore): void {
    if (!this.#changed) return;
    const isEmpty = Object.keys(this.#refused).length === 0;
    local.setMeta(META.refusedErrands, isEmpty ? null : JSON.stringify(this.#refused));
  }
}
