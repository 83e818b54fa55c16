import { renderMessage, type Catalogue } from '../../shared/messages.ts';

const escaped = (text: string): string =>
  text.replaceAll(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign,
  );

/** The page behind a window that cannot be shown: no script, no file, the diagnostics to copy by hand. */
export function crashPage(catalogue: Catalogue, language: string, diagnostics: string): string {
  const say = (code: string): string => escaped(renderMessage(catalogue, code));
  return `<!doctype html>
<html lang="${language}"><meta charset="utf-8"><title>PayFlow</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 3rem auto; padding: 0 1.5rem; }
  a { display: inline-block; padding: 0.75rem 1.25rem; border: 2px solid; border-radius: 0.5rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid; }
</style>
<main><h1>${say('WINDOW_CRASHED')}</h1><p>${say('WINDOW_CRASHED_DETAIL')}</p>
<p><a href="index.html">${say('WINDOW_SHOW_AGAIN')}</a></p><pre dir="auto" tabindex="0">${escaped(diagnostics)}</pre></main></html>`;
}
