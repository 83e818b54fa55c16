import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { parse } from 'yaml';
import { LongestFirst } from './e2e/support/longest-first.ts';

/** Catalogues are YAML for people; the window gets them as data, parsed when it is built. */
function yaml(): Plugin {
  return {
    name: 'payflow:yaml',
    transform(code, id) {
      if (!id.endsWith('.yaml')) return null;
      return { code: `export default ${JSON.stringify(parse(code))}`, map: null };
    },
  };
}

const at = (path: string): string => resolve(import.meta.dirname, path);

/** Node's side: everything is bundled but Electron and the one native package. */
const nodeSide = (entry: Record<string, string>, format: 'es' | 'cjs') => ({
  consumer: 'server' as const,
  resolve: { noExternal: true as const, external: ['electron', 'better-sqlite3', 'pg-native'] },
  build: {
    outDir: at('dist/electron'),
    // The preload is built last, into the same folder.
    emptyOutDir: format === 'es',
    target: 'node24',
    minify: false,
    sourcemap: true,
    copyPublicDir: false,
    rolldownOptions: {
      input: entry,
      output: {
        format,
        entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
});

/**
 * What the window needs to show its state comes in two files, not in fifty: each costs the till's browser a request, and
 * the host an answer. The chart's library, larger than both, and the other screens come after it.
 */
const startOfWindow = {
  groups: [
    {
      name: 'libraries',
      test: /node_modules\/(react|react-dom|scheduler|zod|zustand|clsx|tslib|@mantine\/(core|hooks|notifications|store)|@floating-ui|@formatjs|@tabler|intl-messageformat|react-[a-z-]+|use-[a-z-]+)\//,
    },
    {
      name: 'window',
      test: /\/(shared|renderer\/(bridge|components|i18n|shell))\/[^/]+\.tsx?$|\/renderer\/(app|theme)\.tsx?$|\/renderer\/status\/(?!runs-chart)[^/]+\.tsx?$/,
    },
  ],
};

/** PAYFLOW_FAKE=1 builds the window alone, with its fixtures (`?fake=STATE`): for pictures, never for the product. */
const fake = process.env['PAYFLOW_FAKE'] === '1';

/** Vitest walks the whole house, the window's build only its own folder. */
const root = process.env['VITEST'] === undefined ? at('renderer') : import.meta.dirname;

/** Whole systems and real databases: a limit only against hanging, never a measure. */
const patient = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  teardownTimeout: 30_000,
  expect: { poll: { timeout: 60_000 } },
};
const postgresTests = '**/*.pg.test.ts';
const systemTests = 'e2e/**/*.e2e.test.ts';
const never = ['**/node_modules/**', 'dist/**', 'release/**'];

/** The app in three builds: window (browser), main with its engine thread (ES), sandboxed preload (CommonJS). */
export default defineConfig({
  root,
  base: './',
  plugins: [react(), yaml()],
  define: { 'import.meta.env.PAYFLOW_FAKE': JSON.stringify(fake ? '1' : '') },
  environments: {
    client: {
      build: {
        outDir: at(fake ? 'dist/renderer-fake' : 'dist/renderer'),
        emptyOutDir: true,
        sourcemap: true,
        target: 'es2024',
        rolldownOptions: { output: { codeSplitting: startOfWindow } },
      },
    },
    main: nodeSide(
      {
        main: at('electron/main.ts'),
        cli: at('electron/cli/main.ts'),
        'engine-worker': at('electron/host/engine-worker.ts'),
        // Programs of the demo, each a process of its own.
        'demo-pos': at('electron/host/demo/pos.ts'),
        'demo-back-office': at('electron/host/demo/back-office.ts'),
      },
      'es',
    ),
    preload: nodeSide({ preload: at('electron/preload.ts') }, 'cjs'),
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments)) {
        // Vite's own server environment has nothing of ours.
        const ours = environment.name !== 'ssr' && (!fake || environment.name === 'client');
        if (ours) await builder.build(environment);
      }
    },
  },
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{electron,shared,renderer,e2e}/**/*.test.{ts,tsx}'],
          exclude: [...never, postgresTests, systemTests],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'postgres',
          include: [postgresTests],
          exclude: never,
          globalSetup: 'e2e/support/postgres-setup.ts',
          ...patient,
        },
      },
      {
        test: {
          name: 'system',
          include: [systemTests],
          exclude: never,
          globalSetup: ['e2e/support/build-setup.ts', 'e2e/support/postgres-setup.ts'],
          ...patient,
        },
      },
    ],
  },
});
