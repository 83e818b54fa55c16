import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bareEnvironment } from '../../e2e/support/cli.ts';

const main = join(import.meta.dirname, 'main.ts');

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The real program in an empty folder with nothing of this machine's settings. */
function payflow(
  args: readonly string[],
  env: Record<string, string> = {},
  files: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-cli-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const result = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env: {
      ...bareEnvironment(),
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      APPDATA: folder,
      ...env,
    },
    encoding: 'utf8',
  });
  return { folder, exit: result.status, out: result.stdout, err: result.stderr };
}

describe('a wrong command line or setting ends with exit 2 and one sentence', () => {
  const cases: [args: string[], env: Record<string, string>, sentence: string][] = [
    [['sync', '--frobnicate'], {}, "Unknown option '--frobnicate'."],
    [['frobnicate'], {}, "Unknown command 'frobnicate'."],
    [[], {}, 'The command is not complete.'],
    [['hq'], {}, 'See "payflow hq --help".'],
    [['hq', 'install', '--keep-days', '0'], {}, 'a whole number from 1 to 3650'],
    [['sync', '--direction', 'up'], {}, 'push, pull, both'],
    [['retry', 'ord_001'], {}, 'TABLE:ID'],
    [['logs', '--limit', 'x'], {}, 'whole number'],
    [['held', 'extra'], {}, 'Too many arguments'],
    [['serve', '--port', 'x'], {}, 'a number from 0 to 65535'],
    [['token'], {}, "Required option '--role <role>' not specified"],
    [['token', '--role', 'owner'], {}, 'cashier, manager'],
    [['token', '--role', 'cashier', '--hours', '25'], {}, 'at most 24'],
    [['sync'], {}, 'The setting DATABASE_URL is missing.'],
    [
      ['sync'],
      { DATABASE_URL: 'postgres://u:pw@127.0.0.1:1/d' },
      'The setting PAYFLOW_TERMINAL is missing.',
    ],
    [['hq', 'status'], { DATABASE_URL: 'mysql://u:pw@h/d' }, 'The setting DATABASE_URL is wrong'],
    [['status'], { SYNC_MODE: 'sometimes' }, 'live, cron or manual'],
  ];
  test.each(cases)('payflow %j %j', (args, env, sentence) => {
    const { exit, out, err } = payflow(args, env);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err.trimEnd()).not.toMatch(/\n|\bat .*:\d+|pw@/);
  });
});

test('in JSON mode an error is the one document on stdout', () => {
  const { exit, out, err } = payflow(['sync', '--json']);
  expect([exit, err]).toEqual([2, '']);
  expect(JSON.parse(out)).toEqual({
    error: { code: 'SETTINGS_MISSING', message: expect.stringContaining('DATABASE_URL') as string },
  });
});

test('.env is read from the folder one stands in', () => {
  expect(payflow(['sync'], {}, { '.env': 'DATABASE_URL=mysql://h/d\n' }).err).toContain('is wrong');
});

test('a usage error leaves nothing behind', () => {
  const { folder } = payflow(['frobnicate']);
  expect(readdirSync(folder)).toEqual([]);
});
