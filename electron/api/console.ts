/** The window in a browser: the same files as in the desktop app. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PayflowError } from '../../shared/errors.ts';

export function isConsoleBuilt(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}

/** Files are open to everyone: what they show is not. Built names hold a digest, so only the page itself can change. */
export async function addConsole(app: FastifyInstance, folder: string): Promise<void> {
  if (!isConsoleBuilt(folder)) {
    app.get('/', { schema: { hide: true } }, () => {
      throw new PayflowError('CONSOLE_NOT_BUILT');
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    dotfiles: 'ignore',
    schemaHide: true,
    setHeaders(response, path) {
      const isDigested = path.startsWith(join(folder, 'assets'));
      response.header(
        'cache-control',
        isDigested ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}
