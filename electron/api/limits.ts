/** How much one address may ask for. Tests shrink them. */
export interface ApiLimits {
  readonly requestsPerMinute: number;
  readonly signInsPerMinute: number;
  /** Event streams at once, of all callers. */
  readonly streams: number;
  /** Bytes of a body. */
  readonly body: number;
}

/** A console that shows a busy till asks some ten times a second; several may be open behind one address. */
export const API_LIMITS: ApiLimits = {
  requestsPerMinute: 3_000,
  signInsPerMinute: 20,
  streams: 50,
  body: 1_048_576,
};
