/** A session for tests of the command line: no process, no terminal, no engine. Not part of the app: only tests import it. */
import { PassThrough } from 'node:stream';
import { loadCatalogue } from '../host/messages.ts';
import { parseSettings } from '../host/settings.ts';
import { buildProgram } from './program.ts';
import type { ProgressStream } from './progress.ts';
import type { Session } from './session.ts';

const catalogue = loadCatalogue();

/** Everybody says yes, and what is shown goes nowhere, unless `more` says otherwise. */
export function testSession(more: Partial<Session> = {}): Session {
  return {
    settings: () =>
      parseSettings(
        { DATABASE_URL: 'postgres://u:pw@127.0.0.1:1/d', PAYFLOW_TERMINAL: 'T1' },
        {},
        '/nowhere',
      ),
    catalogue,
    openApp: () => Promise.reject(new Error('no app')),
    findEngine: () => Promise.resolve(null),
    show: () => undefined,
    note: () => undefined,
    confirm: () => Promise.resolve(true),
    progressStream: new PassThrough(),
    ...more,
  };
}

/** A terminal that remembers all that was written to it. */
export function testTerminal(isTTY = true): ProgressStream & { readonly written: () => string } {
  const stream = new PassThrough({ encoding: 'utf8' });
  let text = '';
  stream.on('data', (chunk: string) => (text += chunk));
  return Object.assign(stream, { isTTY, written: () => text });
}

/** How a line ends from which everything has been wiped: the cursor at its begin, and nothing on it. */
export const WIPED = /\p{Cc}\[1G\p{Cc}\[2K$/u;

/** Runs `payflow …` in this process. */
export async function payflow(words: readonly string[], session: Session): Promise<void> {
  await buildProgram(session).parseAsync(words, { from: 'user' });
}
