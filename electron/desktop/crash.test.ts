import { expect, test } from 'vitest';
import { loadCatalogue } from '../host/messages.ts';
import { crashPage } from './crash-page.ts';
import { createCrashPolicy } from './crash-policy.ts';

test('a window that dies is shown again; one that dies again soon gives way to a plain page', () => {
  let now = 0;
  const policy = createCrashPolicy(() => now);
  const after = (ms: number) => {
    now += ms;
    return policy.next();
  };
  expect([after(0), after(1_000), after(1_000), after(3_600_000)]).toEqual([
    'reload',
    'plain-page',
    'plain-page',
    'reload',
  ]);
});

test('the plain page shows hostile diagnostics as text', () => {
  const page = crashPage(loadCatalogue(), 'en', '<script>alert(1)</script> & "x"');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;');
  expect(page).not.toMatch(/<script/);
  expect(page).toContain('PayFlow');
});
