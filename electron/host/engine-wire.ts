/** What goes over the engine's socket: one JSON document per line, the server's greeting first. */
import type { Socket } from 'node:net';
import { z } from 'zod';

/** The client's one question, and that it does not want the answer any more. */
export const questionLine = z.strictObject({ ask: z.string().max(100), args: z.unknown() });
export const cancelLine = z.strictObject({ cancel: z.literal(true) });

const running = z.object({
  phase: z.enum(['settle', 'load', 'compare', 'download', 'upload', 'check']),
  table: z.string().nullable(),
  done: z.number(),
  total: z.number().nullable(),
});

export const helloLine = z.object({ payflow: z.string().max(100) });
/** alive: it waits for its turn or works, and has nothing to tell. */
export const answerLine = z.union([
  z.object({ alive: z.literal(true) }),
  z.object({ progress: running }),
  z.object({
    failed: z.object({
      code: z.string(),
      params: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  }),
  z.object({ done: z.unknown() }),
]);
export type AnswerLine = z.infer<typeof answerLine>;

/** Thousands of row names fit; what is longer is no question of ours. */
export const LONGEST_QUESTION = 1024 * 1024;
/** A data check may name every key of a large file. */
export const LONGEST_ANSWER = 256 * 1024 * 1024;
/** How often a server shows that it lives, and how long a client waits for a sign. */
export const ALIVE_MS = 2_000;
export const SILENCE_MS = 30_000;
/** For the greeting, and for the question after it. */
export const GREETING_MS = 10_000;

/** Hears each line; a line that grows over `limit` characters ends the connection. */
export function eachLine(socket: Socket, limit: number, hear: (line: string) => void): void {
  let parts: string[] = [];
  let length = 0;
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const whole = parts.join('') + line;
      parts = [];
      length = 0;
      if (whole.length > limit) return void socket.destroy();
      hear(whole);
      if (socket.destroyed) return;
    }
    parts.push(last);
    length += last.length;
    if (length > limit) socket.destroy();
  });
}

/** The line as what it should be; null: it is not. */
export function parseLine<T>(schema: z.ZodType<T>, line: string): T | null {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
