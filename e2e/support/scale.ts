/** `npm run test:long` (PAYFLOW_LONG=1) runs the same tests longer and with more rows. */
export const LONG = process.env['PAYFLOW_LONG'] === '1';

/** The size of a test: the short one for `npm test`. */
export const scaled = (short: number, long: number): number => (LONG ? long : short);
