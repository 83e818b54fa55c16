/** README.md against the product: what people type, set and call from it is there, and nothing of it is left out. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path/posix';
import { expect, test } from 'vitest';
import { testApi } from '../electron/api/testing.ts';
import { loadCatalogue } from '../electron/host/messages.ts';
import { parseSettings, type Environment } from '../electron/host/settings.ts';
import { renderMessage } from '../shared/messages.ts';

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');

/** The rows of the table whose first column has that header. */
function rowsUnder(header: string): string[] {
  const lines = readme.split(new RegExp(`^\\| ${header} +\\|.*\n`, 'm'))[1]?.split('\n') ?? [];
  return lines.slice(
    1,
    lines.findIndex((line) => !line.startsWith('|')),
  );
}

/** Behind `GET /a/b` a mere `/c` is GET of /a/c. */
function endpointsIn(row: string): string[] {
  const found: string[] = [];
  for (const [, said = ''] of row.matchAll(/`((?:[A-Z]+ )?\/[^`?]+)[^`]*`/g)) {
    const [method = '', path = ''] = (found.at(-1) ?? '').split(' ');
    found.push(said.startsWith('/') ? `${method} ${dirname(path)}${said}` : said);
  }
  return found;
}

test('every endpoint of the API stands in its table, and nothing else does', async () => {
  await using api = await testApi();
  const docs = await api.app.inject({ url: '/api/docs/json', headers: { host: 'localhost:4000' } });
  const { paths } = docs.json<{ paths: Record<string, object> }>();
  const there = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) =>
        `${method.toUpperCase()} ${path.replace(/^\/api\/call\/\w+$/, '/api/call/METHOD')}`,
    ),
  );
  // The documentation does not list itself.
  const expected = new Set([...there, 'GET /api/docs', 'GET /api/docs/json']);
  expect(rowsUnder('endpoint').flatMap(endpointsIn).toSorted()).toEqual([...expected].toSorted());
});

test('every setting that is read stands in its table, and nothing else does', () => {
  const read = new Set<string>();
  const environment: Environment = new Proxy(
    {},
    {
      get: (_, name) => {
        if (typeof name === 'string') read.add(name);
      },
    },
  );
  parseSettings(environment, {}, '/');
  const named = rowsUnder('setting').map((row) => /`(\w+)`/.exec(row)?.[1] ?? row);
  expect(named.toSorted()).toEqual([...read].toSorted());
});

test('the failure that is shown is the one that is printed', () => {
  const said = renderMessage(loadCatalogue(), 'HQ_REFUSED', { where: '127.0.0.1:1' });
  expect(readme.replaceAll(/\s+/g, ' ')).toContain(` $ payflow sync ${said} `);
});

test('every folder of the main side stands in the layout', () => {
  const row = rowsUnder('folder').find((line) => line.startsWith('| `electron/`')) ?? '';
  const named = [...row.matchAll(/`(\w+)\/`/g)].map(([, name = '']) => name);
  const folders = readdirSync(resolve(import.meta.dirname, '../electron'), { withFileTypes: true });
  expect(named.toSorted()).toEqual(
    [
      'electron',
      ...folders.filter((each) => each.isDirectory()).map(({ name }) => name),
    ].toSorted(),
  );
});
