import { expect, test } from 'vitest';
import { launchChromium } from './chromium.ts';

test('a real browser starts, twice at once, and runs a page', async () => {
  const browsers = await Promise.all([launchChromium(), launchChromium()]);
  try {
    for (const browser of browsers) {
      const page = await browser.newPage();
      await page.setContent('<p id="sum"></p><script>sum.textContent = 40 + 2</script>');
      expect(await page.textContent('#sum')).toBe('42');
    }
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
  }
});

test('without a browser one sentence says what to do', async () => {
  const before = process.env['PAYFLOW_CHROMIUM'];
  process.env['PAYFLOW_CHROMIUM'] = '/nowhere/chromium';
  try {
    await expect(launchChromium()).rejects.toThrow(
      'No browser could be started: install Chrome or Edge, or name a Chromium in PAYFLOW_CHROMIUM.',
    );
  } finally {
    if (before === undefined) delete process.env['PAYFLOW_CHROMIUM'];
    else process.env['PAYFLOW_CHROMIUM'] = before;
  }
});
