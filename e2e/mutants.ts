/**
 * `node e2e/mutants.ts [part of a name]`: breaks the code on purpose, one mutant at a time, in a copy of the tree that
 * is thrown away, and runs the test that must notice. Exit 1 when a mutant survives, or no longer fits the code.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { mutants, type Edit, type Mutant } from './mutants-list.ts';

const root = resolve(import.meta.dirname, '..');
const NOT_COPIED = new Set(['node_modules', '.git', 'dist', 'release']);
/** Only against hanging: a mutant that never ends is noticed too. */
const PATIENCE_MS = 15 * 60_000;
/** Aborted when we are told to end: the test that runs ends with us. */
const stopped = new AbortController();

/** `broken`: the file did not even run, which proves nothing. */
interface Outcome {
  readonly result: 'passed' | 'failed' | 'broken';
  /** What the first test that failed said. */
  readonly because: string;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'payflow-mutants-'));
  cpSync(root, copy, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  return copy;
}

async function runTest(copy: string, test: string): Promise<Outcome> {
  const report = join(copy, 'mutant-report.json');
  rmSync(report, { force: true });
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const reporting = ['--reporter=json', `--outputFile=${report}`, '--bail=1'];
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', 'postgres', ...reporting, test],
    {
      cwd: copy,
      stdio: 'ignore',
      signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(PATIENCE_MS)]),
    },
  );
  const code = await new Promise<number | null>((done) => {
    child.once('error', () => done(null));
    child.once('exit', done);
  });
  if (code === 0) return { result: 'passed', because: '' };
  if (code === null) return { result: 'failed', because: 'it did not end' };
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    const failed = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .find(({ status }) => status === 'failed');
    if (failed === undefined) return { result: 'broken', because: '' };
    const [message = ''] = failed.failureMessages ?? [];
    return { result: 'failed', because: `${failed.title}: ${message.split('\n')[0] ?? ''}` };
  } catch {
    return { result: 'broken', because: '' };
  }
}

/** Makes the edits; returns what undoes them. Throws where the code has moved on. */
function apply(copy: string, edits: readonly Edit[]): () => void {
  const before = new Map(
    edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')] as const),
  );
  const after = new Map(before);
  for (const { file, from, to } of edits) {
    const [head, tail, ...more] = (after.get(file) ?? '').split(from);
    if (head === undefined || tail === undefined || more.length > 0)
      throw new Error(`${file} does not hold, exactly once: ${from}`);
    after.set(file, head + to + tail);
  }
  const write = (files: ReadonlyMap<string, string>): void => {
    for (const [file, text] of files) writeFileSync(join(copy, file), text);
  };
  write(after);
  return () => write(before);
}

async function tryMutant(copy: string, mutant: Mutant): Promise<string> {
  let undo: () => void;
  try {
    undo = apply(copy, mutant.edits);
  } catch (error) {
    return `DOES NOT FIT (${(error as Error).message})`;
  }
  try {
    const { result, because } = await runTest(copy, mutant.test);
    if (result === 'failed') return `killed by "${because.slice(0, 200)}"`;
    return result === 'passed' ? 'SURVIVED' : 'DID NOT RUN';
  } finally {
    undo();
  }
}

const wanted = process.argv[2] ?? '';
const chosen = mutants.filter(({ name }) => name.includes(wanted));
const copy = copyTree();
process.once('exit', () => {
  rmSync(copy, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped.abort();
    process.exit(1);
  });
}

let bad = 0;
for (const test of new Set(chosen.map((mutant) => mutant.test))) {
  const { result, because } = await runTest(copy, test);
  if (result === 'passed') continue;
  bad += 1;
  console.log(`${test} fails without any mutant: ${because}`);
}
for (const mutant of chosen) {
  const result = await tryMutant(copy, mutant);
  if (!result.startsWith('killed')) bad += 1;
  console.log(`${mutant.name}: ${result} (${mutant.test})`);
}
console.log(
  `${chosen.length} mutants, ${bad === 0 ? 'all killed' : `${bad} not as they should be`}`,
);
process.exitCode = bad === 0 && chosen.length > 0 ? 0 : 1;
