import { ensureDesktop } from './built-desktop.ts';

/**
 * Vitest's global setup: what the system tests start is the product as it is built, made once before the first of them. A
 * process starts from it in half the time that it takes from the sources, and it is what people get.
 */
export const setup = ensureDesktop;
