import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANSWER_MS, endSilence } from './end-silence.ts';
import { isThere } from './is-there.ts';

/** A connection of which the test says what comes, and the statement that waits on it. */
class Line {
  bytesRead = 0;
  error: Error | null = null;
  answer: () => void = () => undefined;

  destroy(error: Error): void {
    this.error = error;
  }

  begin(askHq: () => Promise<boolean>, silenceMs?: number): void {
    const client = {
      connection: { stream: this },
      query: () =>
        new Promise<void>((resolve) => {
          this.answer = resolve;
        }),
    } as unknown as pg.ClientBase;
    endSilence(client, askHq, silenceMs);
    void client.query('SELECT 1');
  }
}

describe('8, 9: a statement without an answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** HQ does not answer either: known when the time for it is over. */
  const gone = (): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(resolve, ANSWER_MS, false);
    });
  const there = (): Promise<boolean> => Promise.resolve(true);

  test('is given up within 12 seconds where HQ is not there any more', async () => {
    const line = new Line();
    line.begin(gone);
    await vi.advanceTimersByTimeAsync(11_900);
    expect(line.error).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(line.error).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('of an administrator is waited for as long as HQ is there', async () => {
    const line = new Line();
    let answers = there;
    line.begin(() => answers(), Infinity);
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(line.error).toBeNull();
    answers = gone;
    await vi.advanceTimersByTimeAsync(14_000);
    expect(line.error).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('is waited for as long as a statement may take where HQ is there', async () => {
    const line = new Line();
    line.begin(there);
    await vi.advanceTimersByTimeAsync(39_000);
    expect(line.error).toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(line.error).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('a byte now and then is enough, also one that comes while HQ is asked', async () => {
    const line = new Line();
    line.begin(gone);
    for (let seconds = 0; seconds < 120; seconds += 8) {
      await vi.advanceTimersByTimeAsync(8_000);
      line.bytesRead += 1;
    }
    expect(line.error).toBeNull();
    line.answer();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(line.error).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('whether anything is at an address', () => {
  async function serving(talk: (socket: Socket) => void) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      talk(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
  }

  test('one byte is an answer; silence, an end and a closed door are none', async () => {
    const asked: Buffer[] = [];
    const talks: [(socket: Socket) => void, boolean][] = [
      [(socket) => socket.once('data', (data) => (asked.push(data), socket.write('N'))), true],
      [(socket) => socket.resume(), false],
      [(socket) => socket.destroy(), false],
    ];
    for (const [talk, answer] of talks) {
      const { server, address } = await serving(talk);
      expect(await isThere(address, 300)).toBe(answer);
      server.close();
      await once(server, 'close');
      expect(await isThere(address, 300)).toBe(false);
    }
    // SSLRequest: eight bytes with PostgreSQL's number for it.
    expect(asked.map((data) => [data.readInt32BE(0), data.readInt32BE(4)])).toEqual([
      [8, 80877103],
    ]);
  });
});
