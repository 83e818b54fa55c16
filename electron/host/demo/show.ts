import { styleText } from 'node:util';
import { heldMessage, type HeldRow, type RejectedRow } from '../../../shared/rows.ts';
import { renderMessage, renderStatus, type Catalogue } from '../../../shared/messages.ts';
import type { RunReport } from '../../../shared/report.ts';
import { recordsMoved } from '../../../shared/report.ts';
import type { State } from '../../../shared/status.ts';
import { count, printable } from '../../cli/text.ts';
import type { StatusReport } from '../app-types.ts';

/** What the demo shows, line by line. Colours only where stdout is a terminal (and NO_COLOR is not set). */

const indent = ' '.repeat(5);

type Format = Parameters<typeof styleText>[0];

const paint = (format: Format, text: string): string =>
  styleText(format, text, { stream: process.stdout });

export const strong = (text: string): string => paint('bold', text);
export const faint = (text: string): string => paint('dim', text);

const colours: Readonly<Record<State, Format>> = {
  setup: 'gray',
  error: 'red',
  paused: 'gray',
  offline: 'gray',
  syncing: 'blue',
  attention: 'yellow',
  idle: 'green',
};

/** What a newcomer has a word for, most telling first; the rows of other tables are only counted. */
const words: readonly [word: string, tables: readonly string[]][] = [
  ['sale', ['orders']],
  ['shift', ['shifts']],
  ['product', ['products', 'product_variants']],
  ['customer', ['customers']],
];
const mostWords = 2;

const columns = (number: string, up: string, down: string, says: string): string =>
  `${number.padStart(3)}  ${up.padEnd(36)}${down.padEnd(36)}${says}`;

export function cycleTitle(): string {
  return strong(columns('', 'sent to HQ', 'received from HQ', 'PayFlow says'));
}

/** ` 3  27 rows (3 sales, 5 products)   4 rows (3 products)   Up to date. Last full sync 14:32.` */
export function cycleLine(
  number: number,
  report: RunReport,
  { status }: StatusReport,
  catalogue: Catalogue,
): string {
  const { headline, reason } = renderStatus(catalogue, status.reason);
  const [sent, received] = [movedText(report, 'upload'), movedText(report, 'download')];
  const say = (text: string): string => paint(colours[status.state], printable(text));
  // A long reason gets a line of its own.
  return status.state === 'attention'
    ? `${columns(String(number), sent, received, say(`${headline}.`))}\n${indent}${say(reason)}`
    : columns(String(number), sent, received, say(`${headline}. ${reason}`));
}

function movedText(report: RunReport, direction: 'upload' | 'download'): string {
  const rows = recordsMoved(report[direction]);
  if (rows === 0) return '-';
  const moved = (table: string): number => {
    const counts = report.tables[table];
    return counts === undefined ? 0 : recordsMoved(counts[direction]);
  };
  const named = words
    .map(([word, tables]) => ({ word, rows: tables.reduce((sum, name) => sum + moved(name), 0) }))
    .filter((entry) => entry.rows > 0)
    .slice(0, mostWords)
    .map((entry) => count(entry.rows, entry.word));
  return named.length === 0 ? count(rows, 'row') : `${count(rows, 'row')} (${named.join(', ')})`;
}

/** A row that waits, with its reason, in PayFlow's wording. */
export function heldLine(row: HeldRow, catalogue: Catalogue): string {
  const { code, params } = heldMessage(row);
  return paint('yellow', `${indent}${printable(renderMessage(catalogue, code, params))}`);
}

/** A row that HQ refused, with the rule it broke. */
export function refusedLine(
  { table, id, code, params }: RejectedRow,
  catalogue: Catalogue,
): string {
  const message = renderMessage(catalogue, code, { ...params, detail: '' }).replace(/:\s*$/, '');
  return paint('yellow', `${indent}${printable(`Refused ${table}:${id} - ${message}`)}`);
}

/** What happens in the shop between two cycles. */
export const story = (text: string): string => `${indent}${paint('cyan', text)}`;

/** `HQ            1.2 s  a PostgreSQL of its own ...` */
export function stepLine(title: string, text: string, ms: number): string {
  const seconds = `${(ms / 1000).toFixed(1)} s`.padStart(6);
  return `${strong(title.padEnd(12))}${faint(seconds)}  ${text}`;
}
