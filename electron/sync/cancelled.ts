/** Thrown by `checkCancelled` when a person stopped the run. What was committed stays. */
export class Cancelled extends Error {}
