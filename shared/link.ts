/** The window does not reach its host: main process gone, console's server stopped, no network to it. */
export const LINK_LOST = 'LINK_LOST';
