import { basename, join } from 'node:path';

/** The checkout, or the packaged app's archive: sources stand in `electron/host`, the build in `dist/electron`. */
export const homeFolder = join(import.meta.dirname, '..', '..');

/**
 * The product's own files: migrations, manifest, messages, icons. Beside the code, in a checkout as in the build; the
 * packaged app has them outside its archive, because an operator may have to read them. The environment can name
 * another folder.
 */
export const resourcesFolder =
  process.env['PAYFLOW_RESOURCES'] ??
  (basename(homeFolder) === 'app.asar'
    ? join(homeFolder, '..', 'resources')
    : join(homeFolder, 'resources'));
