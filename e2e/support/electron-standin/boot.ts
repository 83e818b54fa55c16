/**
 * Starts the built app on the stand-in, in a process of its own, so that exit codes, kill -9 and two instances are
 * real. The parent sends functions to run here, as Playwright's `electronApp.evaluate` does.
 */
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';

const standin = pathToFileURL(join(import.meta.dirname, 'electron.ts')).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: standin, shortCircuit: true } : next(specifier, context),
});
Object.defineProperty(process.versions, 'electron', { value: '0.0.0-standin' });

const electron = await import('./electron.ts');
process.on('message', ({ id, source, arg }: { id: number; source: string; arg: unknown }) => {
  const run = async (): Promise<unknown> => {
    const work = runInThisContext(`(${source})`) as (modules: unknown, arg: unknown) => unknown;
    return await work(electron, arg);
  };
  run().then(
    (value) => process.send?.({ id, value }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
// Whoever started us has gone: nobody would end us.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

await import(pathToFileURL(resolve(import.meta.dirname, '../../../dist/electron/main.js')).href);
electron.app.becomeReady();
