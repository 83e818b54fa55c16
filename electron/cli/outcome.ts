import { EXIT } from '../../shared/errors.ts';

/** What a command has to say: one JSON document or a text, and the exit code. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exit: number;
  /** What went wrong, for stderr; nothing of it stands in `text`. */
  readonly failure?: string;
}

export function done(json: unknown, text: string): Outcome {
  return { json, text, exit: EXIT.done };
}

/** Exit 3 where something needs a look: rows are held, rejected or different, or findings exist. */
export function doneWith(needsLook: boolean, json: unknown, text: string): Outcome {
  return { json, text, exit: needsLook ? EXIT.attention : EXIT.done };
}
