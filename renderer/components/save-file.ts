import type { ExportedFile } from '../../shared/views.ts';

/** Hands a file to the browser's or Electron's own download; the person chooses where it goes. */
export function saveFile({ name, type, content }: ExportedFile): void {
  // A byte order mark, because spreadsheet programs take a CSV without one for another character set.
  const mark = type === 'text/csv' && !content.startsWith('\uFEFF') ? '\uFEFF' : '';
  const address = URL.createObjectURL(new Blob([mark, content], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 60_000);
}
