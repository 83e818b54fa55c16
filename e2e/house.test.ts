import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const houseFolders = ['e2e', 'electron', 'renderer', 'resources', 'shared'];
/** What tools and builds put beside the house. */
const notOurs = [
  'node_modules',
  'dist',
  'release',
  'coverage',
  'test-results',
  'playwright-report',
];

/**
 * Who may import a package that belongs to one place. Tests may import all of them but electron.
 */
const owners: Record<string, string[]> = {
  electron: ['electron/shell/', 'electron/main.ts', 'electron/preload.ts'],
  'better-sqlite3': ['electron/local/'],
  pg: ['electron/remote/'],
  'pg-copy-streams': ['electron/remote/'],
};

/**
 * The first layer whose path fits holds for a file: its own places, and its packages (all, if not
 * listed).
 */
const layers: { path: string; places: string[]; packages?: RegExp }[] = [
  { path: 'shared/', places: ['shared/'], packages: /^zod$/ },
  { path: 'electron/sync/', places: ['electron/sync/', 'shared/'], packages: /^$/ },
  {
    path: 'renderer/',
    places: ['renderer/', 'shared/', 'resources/messages/'],
    packages:
      /^(react|react-dom|zustand|zod|recharts|intl-messageformat|@mantine\/.+|@tabler\/.+)$/,
  },
  { path: 'electron/', places: ['electron/', 'shared/'] },
];

/** Every module a source names: import, export from, import() of a literal, and types. */
function importsOf(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('source' in node && typeof node.source === 'object' && node.source !== null) {
      if ('value' in node.source && typeof node.source.value === 'string') {
        found.push(node.source.value);
      }
    }
    for (const child of Object.values(node)) visit(child);
  };
  const parsed = parseSync(file, source);
  expect(parsed.errors, file).toEqual([]);
  visit(parsed.program);
  return found;
}

const packageName = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The sentences that say which rule of the house one file breaks. */
function offences(file: string, source: string): string[] {
  const isTest = file.startsWith('e2e/') || /\.test\.tsx?$/.test(file);
  const layer = isTest ? undefined : layers.find(({ path }) => file.startsWith(path));
  return importsOf(file, source).flatMap((specifier) => {
    if (specifier.startsWith('.')) {
      const target = posix.normalize(posix.join(dirname(file), specifier));
      const inside = layer === undefined || layer.places.some((place) => target.startsWith(place));
      return inside ? [] : [`${file} imports ${target}`];
    }
    const name = packageName(specifier);
    const allowed = isBuiltin(specifier)
      ? layer?.packages === undefined
      : (layer?.packages?.test(name) ?? true);
    const owner = isTest && name !== 'electron' ? undefined : owners[name];
    const owned = owner === undefined || owner.some((path) => file.startsWith(path));
    return allowed && owned ? [] : [`${file} imports ${specifier}`];
  });
}

function sourceFiles(): string[] {
  return houseFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => posix.join(folder, path.replaceAll('\\', '/')))
      .filter((path) => /\.(ts|tsx|mjs)$/.test(path)),
  );
}

test('the top-level folders are the house and no others', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => !notOurs.includes(name));
  expect(folders.toSorted()).toEqual(houseFolders);
});

test('every source file imports only what its layer may', () => {
  const files = sourceFiles();
  expect(files).toContain('e2e/house.test.ts');
  expect(files.flatMap((file) => offences(file, readFileSync(join(root, file), 'utf8')))).toEqual(
    [],
  );
});

test('no source connects without checking the certificate', () => {
  const unchecked = /rejectUnauthorized['"]?\s*:(?!\s*true\b)|NODE_TLS_REJECT|checkServerIdentity/;
  const product = sourceFiles().filter((file) => /^(electron|renderer|shared)\//.test(file));
  expect(product).toContain('electron/remote/connection.ts');
  expect(product.filter((file) => unchecked.test(readFileSync(join(root, file), 'utf8')))).toEqual(
    [],
  );
});

test('files and folders have kebab-case names', () => {
  const odd = sourceFiles().filter((file) => !/^[a-z0-9-]+$/.test(file.replaceAll(/[./]/g, '-')));
  expect(odd).toEqual([]);
});

describe('an offence is found', () => {
  const cases: [file: string, source: string, found: boolean][] = [
    ['shared/a.ts', `import { z } from 'zod';`, false],
    ['shared/a.ts', `import './b.ts';`, false],
    ['shared/a.ts', `import type { A } from '../electron/sync/a.ts';`, true],
    ['shared/a.ts', `import { join } from 'node:path';`, true],
    ['electron/sync/a.ts', `export * from '../../shared/a.ts';`, false],
    ['electron/sync/a.ts', `export * from '../local/a.ts';`, true],
    ['electron/sync/a.ts', `const a = await import('node:fs');`, true],
    ['electron/sync/a.ts', `type A = import('pg').Pool;`, true],
    ['electron/sync/a.test.ts', `import { test } from 'vitest';`, false],
    ['electron/local/a.ts', `import Database from 'better-sqlite3';`, false],
    ['electron/local/a.ts', `import pg from 'pg';`, true],
    ['electron/host/a.ts', `import Database from 'better-sqlite3';`, true],
    ['electron/host/a.ts', `import { app } from 'electron/main';`, true],
    ['electron/host/a.ts', `import '../../e2e/support/postgres.ts';`, true],
    ['electron/host/a.test.ts', `import pg from 'pg';`, false],
    ['electron/host/a.test.ts', `import { app } from 'electron';`, true],
    ['electron/shell/a.ts', `import { app } from 'electron';`, false],
    ['renderer/a.tsx', `import { Button } from '@mantine/core';`, false],
    ['renderer/a.tsx', `import '../electron/host/settings.ts';`, true],
    ['renderer/a.tsx', `import pino from 'pino';`, true],
  ];
  test.each(cases)('%s: %s -> %s', (file, source, found) => {
    expect(offences(file, source)).toHaveLength(found ? 1 : 0);
  });
});

test.each(['local', 'hq'])(
  'migrations of resources/%s are numbered from 1, each number once',
  (folder) => {
    const numbers = readdirSync(join(root, 'resources', folder))
      .filter((name) => /^\d{3}_/.test(name))
      .map((name) => Number(name.slice(0, 3)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  },
);
