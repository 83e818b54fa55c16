import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { PayflowError } from '../../shared/errors.ts';
import { fileProblem } from '../host/file-problem.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';

async function save(path: string, yaml: string): Promise<void> {
  try {
    // wx: a manifest that someone has worked on is never overwritten.
    await writeFile(path, yaml, { flag: 'wx' });
  } catch (error) {
    const problem = fileProblem(error);
    throw new PayflowError('FILE_NOT_WRITTEN', { path, problem }, { cause: error });
  }
}

export function addManifest(program: Command, session: Session): void {
  const command = program
    .command('manifest')
    .description(
      "print the manifest (YAML) that HQ follows, PayFlow's own before hq install, with what HQ's catalogue says",
    )
    .option('--out <file>', 'write it to a new file instead');
  withExample(command, 'manifest --out manifest.yaml').action(({ out }: { out?: string }) =>
    withApp(session, 'hq', async ({ app }) => {
      const manifest = await app.manifest();
      if (out === undefined) return done({ manifest }, manifest.trimEnd());
      await save(out, manifest);
      return done({ out }, `The manifest is in ${out}.`);
    }),
  );
}
