/**
 * Unpacks the browser that @sparticuz/chromium ships, with the libraries a bare system lacks, into TMPDIR. A process
 * of its own, since that package unpacks to the temporary folder and to nowhere else.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz, { inflate } from '@sparticuz/chromium';

const packed = join(
  dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))),
  '..',
  'bin',
);
await sparticuz.executablePath(packed);
await inflate(join(packed, 'al2023.tar.br'));
