import { connect } from 'node:net';
import { join } from 'node:path';

/** `SSLRequest` of PostgreSQL's protocol: answered with one byte before anybody signs in. */
const question = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Does anything answer at HQ's address? Two round trips and no sign-in, so that a slow line has the time for it, and a server
 * without a free place answers too. A Unix socket's folder begins with "/".
 */
export function isThere(
  { host, port }: { readonly host: string; readonly port: number },
  deadlineMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = host.startsWith('/')
      ? connect(join(host, `.s.PGSQL.${String(port)}`))
      : connect(port, host);
    const end = (answer: boolean): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(answer);
    };
    const late = setTimeout(end, deadlineMs, false);
    socket.once('connect', () => socket.write(question));
    socket.once('data', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
    socket.once('close', () => {
      end(false);
    });
  });
}
