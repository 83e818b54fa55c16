import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

test('without a browser one sentence says what to do, and nothing is left behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-no-browser-'));
  vi.stubEnv('PAYFLOW_CHROMIUM', '/nowhere/chromium');
  vi.stubEnv('TMPDIR', folder);
  try {
    await expect(launchChromium()).rejects.toThrow(
      'No browser could be started: install Chrome or Edge, or name a Chromium in PAYFLOW_CHROMIUM.',
    );
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  }
});
