import { deserialize, serialize } from 'node:v8';
import { Emitter } from './record.ts';

type Handler = (event: unknown, ...args: unknown[]) => unknown;

export interface Frame {
  readonly url: string;
  readonly parent: Frame | null;
}

class StandinIpcMain extends Emitter {
  readonly #handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler);
  }

  /** As the window's `invoke` meets it: what cannot be cloned is refused, an error crosses as its text. */
  async answer(
    channel: string,
    senderFrame: Frame,
    args: unknown[],
  ): Promise<{ ok: true; value: unknown } | { ok: false; text: string }> {
    const failed = (error: unknown) => ({
      ok: false as const,
      text: `Error invoking remote method '${channel}': ${String(error)}`,
    });
    const handler = this.#handlers.get(channel);
    if (handler === undefined) return failed(new Error(`No handler registered for '${channel}'`));
    try {
      const value: unknown = await handler({ senderFrame }, ...args);
      return { ok: true, value: deserialize(serialize(value)) as unknown };
    } catch (error) {
      return failed(error);
    }
  }
}

export const ipcMain = new StandinIpcMain();
