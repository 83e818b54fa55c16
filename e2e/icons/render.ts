/** `npm run icons`: draws every icon file from resources/icons/src. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { launchChromium } from '../support/chromium.ts';
import { appSvg, iconFolder, traySvg } from './drawing.ts';
import { APP_ICO_SIZES, ICO_FILES, PNG_FILES, WINDOWS_SIZES } from './files.ts';
import { icns, ICNS_SIZES } from './icns.ts';
import { ico, type Pixels } from './ico.ts';

interface Picture extends Pixels {
  readonly png: Buffer;
}

async function draw(page: Page, svg: string, size: number): Promise<Picture> {
  const drawn = await page.evaluate(
    async ({ markup, pixels }) => {
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(markup)}`;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), {
        width: pixels,
        height: pixels,
      });
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.drawImage(image, 0, 0, pixels, pixels);
      const { data } = context.getImageData(0, 0, pixels, pixels);
      return { png: canvas.toDataURL('image/png'), rgba: [...data] };
    },
    // Its own size in pixels: otherwise the drawing is made at another size and scaled.
    { markup: svg.replace('<svg ', `<svg width="${size}" height="${size}" `), pixels: size },
  );
  const [, base64 = ''] = drawn.png.split(',');
  return { size, png: Buffer.from(base64, 'base64'), rgba: Buffer.from(drawn.rgba) };
}

async function save(path: string, data: Buffer): Promise<void> {
  const file = join(iconFolder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, data);
}

async function drawAll(page: Page): Promise<number> {
  for (const { path, icon, panel, size } of PNG_FILES) {
    await save(path, (await draw(page, traySvg(icon, panel), size)).png);
  }
  for (const { path, icon, panel } of ICO_FILES) {
    const pictures = [];
    for (const size of WINDOWS_SIZES) pictures.push(await draw(page, traySvg(icon, panel), size));
    await save(path, ico(pictures));
  }
  const app = new Map<number, Picture>();
  for (const size of new Set([...APP_ICO_SIZES, ...ICNS_SIZES])) {
    app.set(size, await draw(page, appSvg(), size));
  }
  const of = (size: number): Picture => {
    const picture = app.get(size);
    if (picture === undefined) throw new Error(`no picture of ${size} pixels`);
    return picture;
  };
  await save('icon.png', of(512).png);
  await save('icon.ico', ico(APP_ICO_SIZES.map(of), [of(256).png]));
  await save('icon.icns', icns(new Map([...app].map(([size, { png }]) => [size, png]))));
  return PNG_FILES.length + ICO_FILES.length + 3;
}

const browser = await launchChromium();
try {
  console.log(`${await drawAll(await browser.newPage())} icon files drawn`);
} finally {
  await browser.close();
}
