/** A network between a terminal and HQ that tests make bad by the byte and by the second: forwards TCP, whatever is in it. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Weather =
  | { readonly kind: 'fair' }
  /** Both ends are reset when so many bytes have passed in this direction; from then on it is fair. */
  | { readonly kind: 'reset'; readonly direction: Direction; readonly after: number }
  /** Nothing passes any more, in either direction; nobody is told, and new connections are accepted. */
  | { readonly kind: 'blackhole' }
  /** Each byte comes later and no faster than this. */
  | { readonly kind: 'slow'; readonly latencyMs: number; readonly bytesPerSecond: number }
  /** Every connection is reset when it is so old. */
  | { readonly kind: 'flapping'; readonly lifeMs: number };

export type Direction = 'toHq' | 'fromHq';

export interface BadNetwork {
  /** `url`, by way of this network. */
  url(url: string): string;
  /** Begins now; counts start at 0. Connections that a blackhole swallowed stay as they are: half-open. */
  set(weather: Weather): void;
  /** Since `set`. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Connections made since `set`. */
  readonly connections: number;
  /** Called with each chunk that goes to HQ, before it is counted. */
  onSend: ((chunk: Buffer) => void) | null;
  close(): Promise<void>;
}

interface Line {
  readonly terminal: Socket;
  readonly hq: Socket;
  /** It fell into a blackhole: nothing of it is heard again. */
  swallowed: boolean;
}

export async function startBadNetwork(hqUrl: string): Promise<BadNetwork> {
  const hq = new URL(hqUrl);
  const lines = new Set<Line>();
  let weather: Weather = { kind: 'fair' };
  let passed = { toHq: 0, fromHq: 0 };
  let connections = 0;

  const cut = (line: Line): void => {
    line.terminal.resetAndDestroy();
    line.hq.resetAndDestroy();
  };
  const forward = (line: Line, direction: Direction, chunk: Buffer): void => {
    const target = direction === 'toHq' ? line.hq : line.terminal;
    if (weather.kind === 'blackhole') line.swallowed = true;
    if (line.swallowed || target.destroyed) return;
    if (direction === 'toHq') network.onSend?.(chunk);
    if (weather.kind === 'reset' && weather.direction === direction) {
      const room = weather.after - passed[direction];
      if (chunk.length >= room) {
        weather = { kind: 'fair' };
        // What was let through arrives before the reset does.
        if (room > 0) target.write(chunk.subarray(0, room), () => setTimeout(cut, 1, line));
        else cut(line);
        return;
      }
    }
    passed[direction] += chunk.length;
    if (weather.kind !== 'slow') {
      target.write(chunk);
      return;
    }
    const source = direction === 'toHq' ? line.terminal : line.hq;
    const { latencyMs, bytesPerSecond } = weather;
    source.pause();
    setTimeout(
      () => {
        if (!target.destroyed) target.write(chunk);
        source.resume();
      },
      latencyMs + (chunk.length / bytesPerSecond) * 1_000,
    );
  };
  const server = createServer({ highWaterMark: 4_096 }, (terminal) => {
    connections += 1;
    const line: Line = {
      terminal,
      hq: connect({ port: Number(hq.port), host: hq.hostname }),
      swallowed: false,
    };
    lines.add(line);
    terminal
      .on('error', () => undefined)
      .on('data', (chunk) => {
        forward(line, 'toHq', chunk);
      });
    line.hq
      .on('error', () => undefined)
      .on('data', (chunk) => {
        forward(line, 'fromHq', chunk);
      });
    const end = (): void => {
      lines.delete(line);
      // A swallowed line tells neither end that the other has gone.
      if (line.swallowed || weather.kind === 'blackhole') return;
      terminal.destroy();
      line.hq.destroy();
    };
    terminal.once('close', end);
    line.hq.once('close', end);
    if (weather.kind === 'flapping') setTimeout(cut, weather.lifeMs, line);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const network: BadNetwork = {
    url(url) {
      const through = new URL(url);
      through.host = `127.0.0.1:${String(port)}`;
      return through.href;
    },
    set(next) {
      for (const line of lines) {
        if (next.kind === 'flapping') setTimeout(cut, next.lifeMs, line);
        if (next.kind === 'blackhole') line.swallowed = true;
      }
      weather = next;
      passed = { toHq: 0, fromHq: 0 };
      connections = 0;
    },
    get passed() {
      return passed;
    },
    get connections() {
      return connections;
    },
    onSend: null,
    async close() {
      for (const line of lines) cut(line);
      server.close();
      await once(server, 'close');
    },
  };
  return network;
}
