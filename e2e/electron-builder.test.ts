import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

// What it loads would make a cache folder in the temporary folder.
process.env['JITI_FS_CACHE'] = 'false';
// An internal path of a pinned version: electron-builder offers its schema check in no public way.
const require = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
  validateConfiguration: (configuration: unknown, log: { isEnabled: false }) => Promise<void>;
};
const validate = (configuration: unknown) =>
  validateConfiguration(configuration, { isEnabled: false });

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(resolve(root, file), 'utf8');
const configuration = parse(read('electron-builder.yml')) as Record<string, unknown>;

test('electron-builder.yml fits the schema of electron-builder', async () => {
  await expect(validate(configuration)).resolves.toBeUndefined();
});

test('a key that electron-builder does not know is refused', async () => {
  await expect(validate({ ...configuration, apId: 'typo' })).rejects.toThrow('apId');
});

test('the packaged Electron is the one of package.json', () => {
  const manifest = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  expect(configuration['electronVersion']).toBe(manifest.devDependencies.electron);
});
