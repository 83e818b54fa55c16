type Serve = (request: Request) => Promise<Response>;

interface Scheme {
  readonly scheme: string;
}

let privileged: readonly Scheme[] = [];
let serve: Serve | null = null;

/** A browser has no schemes of ours: this address stands for `app://payflow`. */
const STANDIN_ORIGIN = 'https://app.standin';
const APP_ORIGIN = 'app://payflow';

export const toBrowser = (url: string): string =>
  url.startsWith(APP_ORIGIN) ? STANDIN_ORIGIN + url.slice(APP_ORIGIN.length) : url;
export const toApp = (url: string): string =>
  url.startsWith(STANDIN_ORIGIN) ? APP_ORIGIN + url.slice(STANDIN_ORIGIN.length) : url;

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly Scheme[]): void {
    privileged = schemes;
  },
  handle(scheme: string, handler: Serve): void {
    if (!privileged.some((each) => each.scheme === scheme))
      throw new Error(`the scheme ${scheme} has no privileges: the page could not use it`);
    serve = handler;
  },
};

/** The app's own answer; null: not an address of the app. */
export async function answerApp(url: string, method: string): Promise<Response | null> {
  const address = toApp(url);
  if (serve === null || !address.startsWith('app:')) return null;
  // Node's Request takes no scheme it does not know; of the request the app reads these two.
  return await serve({ url: address, method } as Request);
}
