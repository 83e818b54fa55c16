/**
 * What runs in the page before its own scripts: Electron's two preload modules, then the real preload. Playwright's
 * init scripts are not held by the page's Content-Security-Policy, so the preload is put in as text.
 */

/** Serialised and run in the page: may use nothing from outside. */
function modules(): { contextBridge: unknown; ipcRenderer: unknown } {
  type Listener = (event: unknown, ...args: unknown[]) => void;
  interface Bindings {
    __standinInvoke(
      channel: string,
      args: unknown[],
    ): Promise<{ ok: true; value: unknown } | { ok: false; text: string }>;
    __standinSend(channel: string, args: unknown[]): Promise<void>;
    __standinDeliver?: (channel: string, args: unknown[]) => void;
  }
  const page = window as unknown as Bindings & Record<string, unknown>;
  const listeners = new Map<string, Set<Listener>>();
  page.__standinDeliver = (channel, args) => {
    for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
  };
  const crossing = (value: unknown): unknown => {
    if (typeof value === 'function') {
      const call = value as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => crossing(call(...args.map(crossing)));
    }
    if (value instanceof Promise) return value.then(crossing);
    if (typeof value !== 'object' || value === null) return value;
    const hasFunctions = Object.values(value).some(
      (each) => typeof each === 'function' || (typeof each === 'object' && each !== null),
    );
    if (!hasFunctions || Array.isArray(value)) return structuredClone(value);
    return Object.freeze(
      Object.fromEntries(Object.entries(value).map(([name, each]) => [name, crossing(each)])),
    );
  };
  return {
    contextBridge: {
      exposeInMainWorld(name: string, api: unknown) {
        Object.defineProperty(window, name, { value: crossing(api), enumerable: true });
      },
    },
    ipcRenderer: {
      async invoke(channel: string, ...args: unknown[]) {
        const reply = await page.__standinInvoke(channel, structuredClone(args));
        if (reply.ok) return reply.value;
        throw new Error(reply.text);
      },
      send(channel: string, ...args: unknown[]) {
        void page.__standinSend(channel, structuredClone(args));
      },
      on(channel: string, listener: Listener) {
        const known = listeners.get(channel) ?? new Set();
        listeners.set(channel, known.add(listener));
      },
      off(channel: string, listener: Listener) {
        listeners.get(channel)?.delete(listener);
      },
    },
  };
}

/** The init script for the text of a preload. As in Electron, frames inside the page get none. */
export function initScript(preload: string): string {
  return `if (window === window.top) {
  const electron = (${modules.toString()})();
  const require = (name) => {
    if (name === 'electron') return electron;
    throw new Error('module not found: ' + name);
  };
  ((require, module, exports) => {${preload}\n})(require, { exports: {} }, {});
}`;
}
