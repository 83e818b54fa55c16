/**
 * Every failure an operator can meet has a stable code. The sentence for it stands in the message catalogue
 * (`resources/messages/en.yaml`): what is safe, what is wrong, what to do. Code that can fail throws
 * `PayflowError` with a code and parameters, never a finished sentence.
 */

/** Parameters of a message; rendered by the catalogue. */
export type MessageParams = Readonly<Record<string, string | number>>;

/** Exit codes of DESIGN 10. */
export const EXIT = { done: 0, failed: 1, usage: 2, attention: 3 } as const;

/** A failure with a code of the catalogue. `cause` keeps the driver's error for the log. */
export class PayflowError extends Error {
  readonly code: string;
  readonly params: MessageParams;

  constructor(code: string, params: MessageParams = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'PayflowError';
    this.code = code;
    this.params = params;
  }
}
