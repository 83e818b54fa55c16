import { join } from 'node:path';

/**
 * The product's own files: migrations, manifest, messages. Beside the code, in a checkout (`electron/host/*.ts`) as in
 * the build (`dist/electron/*.js`); the packaged app has them outside its archive and says where.
 */
export const resourcesFolder =
  process.env['PAYFLOW_RESOURCES'] ?? join(import.meta.dirname, '..', '..', 'resources');
