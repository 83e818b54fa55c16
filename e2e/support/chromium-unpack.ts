/**
 * Unpacks the browser that @sparticuz/chromium ships, with the libraries a bare system lacks, into TMPDIR. A process
 * of its own, since that package unpacks to the temporary folder and to nowhere else.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sparticuz, { inflate } from '@sparticuz/chromium';

/**
 * Its own names /tmp, where nothing of ours is: a page would have no letters. Our font first, so that pictures are
 * alike; the system's for what it lacks (Arabic, for example).
 */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias binding="strong">
    <family>sans-serif</family>
    <prefer><family>Open Sans</family></prefer>
  </alias>
  <alias>
    <family>monospace</family>
    <prefer><family>DejaVu Sans Mono</family><family>Liberation Mono</family></prefer>
  </alias>
</fontconfig>
`;

const packed = join(
  dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))),
  '..',
  'bin',
);
await sparticuz.executablePath(packed);
await inflate(join(packed, 'al2023.tar.br'));
writeFileSync(join(tmpdir(), 'fonts', 'fonts.conf'), FONTS);
