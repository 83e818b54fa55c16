import { join } from 'node:path';

/** The product's own files: migrations, manifest, messages. */
export const resourcesFolder = join(import.meta.dirname, '..', '..', 'resources');
