import { CONNECTION_STEPS, type ConnectionStep, type ConnectionTest } from '../../shared/views.ts';

/** skipped: not needed here (no encryption asked for, no terminal chosen yet). untried: the test ended before it. */
export type StepState = 'passed' | 'stopped' | 'skipped' | 'untried';

/** Every step of the test in its order, with what became of it. */
export function stepStates({
  ok,
  passed,
  failed,
}: ConnectionTest): readonly { readonly step: ConnectionStep; readonly state: StepState }[] {
  const end = failed === null ? CONNECTION_STEPS.length : CONNECTION_STEPS.indexOf(failed.step);
  return CONNECTION_STEPS.map((step, place) => {
    if (failed?.step === step) return { step, state: 'stopped' };
    if (passed.includes(step)) return { step, state: 'passed' };
    return { step, state: ok || place < end ? 'skipped' : 'untried' };
  });
}
