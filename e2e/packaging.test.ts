/**
 * Packs the app as electron-builder.yml says, around a stand-in of Electron's binary that has nothing but its fuses, and
 * looks at what came out. The built files are stand-ins too: which of them go in is what is tested.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const electronVersion = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: { electron: string };
  }
).devDependencies.electron;

function write(path: string, content: string | Buffer = 'x'): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** What electron-builder needs of an Electron: its name, its version, and the fuses where the real one has them, all on. */
function fakeElectron(folder: string): void {
  const wire = [Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'), Buffer.from([1, 9])];
  write(join(folder, 'electron'), Buffer.concat([...wire, Buffer.from('111111111')]));
  write(join(folder, 'version'), electronVersion);
  for (const name of ['locales', 'resources']) mkdirSync(join(folder, name));
}

interface Folder {
  readonly files: Readonly<Record<string, Folder | object>>;
}

/** The names in an archive, by its own table of contents: behind four lengths, as JSON. */
function namesIn(archive: string): string[] {
  const bytes = readFileSync(archive);
  const end = 16 + bytes.readUInt32LE(12);
  const walk = ({ files }: Folder, above: string): string[] =>
    Object.entries(files).flatMap(([name, entry]) =>
      'files' in entry ? walk(entry as Folder, `${above}${name}/`) : [above + name],
    );
  return walk(JSON.parse(bytes.toString('utf8', 16, end)) as Folder, '');
}

test.runIf(process.platform === 'linux')(
  'the packaged app has its fuses set, and holds what it needs and no more',
  async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'payflow-packaging-'));
    const project = join(folder.path, 'project');
    const built = ['electron/main.js', 'electron/main.js.map', 'renderer/.built-from'];
    for (const name of [...built, 'renderer/index.html', 'renderer-fake/index.html'])
      write(join(project, 'dist', name));
    for (const name of ['package.json', 'electron-builder.yml', 'resources'])
      cpSync(join(root, name), join(project, name), { recursive: true });
    // No link to the checkout's: electron-builder refuses what lies elsewhere in a temporary folder, as a clone may.
    for (const name of ['better-sqlite3', 'node-addon-api'])
      cpSync(join(root, 'node_modules', name), join(project, 'node_modules', name), {
        recursive: true,
      });
    fakeElectron(join(folder.path, 'electron'));
    const builder = join(root, 'node_modules/electron-builder/cli.js');
    const places = [
      `electronDist=${folder.path}/electron`,
      `directories.output=${folder.path}/out`,
    ];
    const packed = spawnSync(
      process.execPath,
      [builder, '--linux', 'dir', '--publish', 'never', ...places.map((place) => `-c.${place}`)],
      {
        cwd: project,
        encoding: 'utf8',
        env: { ...process.env, TMPDIR: folder.path, JITI_FS_CACHE: 'false' },
      },
    );
    expect(packed.status, packed.stdout + packed.stderr).toBe(0);

    const app = join(folder.path, 'out/linux-unpacked');
    const wire = await getCurrentFuseWire(join(app, 'payflow'));
    const isOn = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.ENABLE;
    // RELIABILITY S4.
    expect({
      runAsNode: isOn(FuseV1Options.RunAsNode),
      nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
      fileProtocol: isOn(FuseV1Options.GrantFileProtocolExtraPrivileges),
      snapshot: isOn(FuseV1Options.LoadBrowserProcessSpecificV8Snapshot),
      encryptedCookies: isOn(FuseV1Options.EnableCookieEncryption),
      archiveIsChecked: isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      onlyTheArchive: isOn(FuseV1Options.OnlyLoadAppFromAsar),
    }).toEqual({
      runAsNode: false,
      nodeOptions: false,
      inspect: false,
      fileProtocol: false,
      snapshot: false,
      encryptedCookies: true,
      archiveIsChecked: true,
      onlyTheArchive: true,
    });

    const names = namesIn(join(app, 'resources/app.asar'));
    expect(names.filter((name) => !name.startsWith('node_modules/')).toSorted()).toEqual([
      'dist/electron/main.js',
      'dist/renderer/index.html',
      'package.json',
    ]);
    const packages = new Set(
      names.flatMap((name) => /^node_modules\/([^/]+)/.exec(name)?.[1] ?? []),
    );
    expect([...packages]).toEqual(['better-sqlite3']);
    // A library inside an archive cannot be loaded.
    const libraries = names.filter((name) => name.endsWith('.node'));
    expect(libraries.length).toBeGreaterThan(0);
    for (const name of libraries)
      expect(existsSync(join(app, 'resources/app.asar.unpacked', name)), name).toBe(true);
    expect(existsSync(join(app, 'resources/resources/hq/001_feed.sql'))).toBe(true);
    expect(existsSync(join(app, 'resources/resources/docs'))).toBe(false);
  },
);
