/** Why a value cannot travel; short and stable, part of error codes. */
export type UnholdableReason =
  | 'nan'
  | 'infinity'
  | 'nul'
  | 'not-unicode'
  | 'out-of-range'
  | 'inexact'
  | 'too-long'
  | 'not-text'
  | 'not-a-number'
  | 'not-an-integer'
  | 'not-a-boolean'
  | 'not-a-timestamp'
  | 'not-a-date'
  | 'not-a-time'
  | 'not-a-uuid'
  | 'not-bytes'
  | 'not-json'
  | 'not-an-array';

/**
 * A value that the other side cannot hold as it is. The row that carries it is rejected: the codec never changes
 * a value to make it fit. The value itself is not kept here, it may be a secret; `column` is set by who
 * knows which one it was.
 */
export class UnholdableValue extends Error {
  override readonly name = 'UnholdableValue';
  readonly reason: UnholdableReason;
  column: string | null = null;

  constructor(reason: UnholdableReason) {
    super(`the value cannot be held: ${reason}`);
    this.reason = reason;
  }
}
