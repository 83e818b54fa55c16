import type { MessageParams } from '../../shared/errors.ts';
import type { SchemaFinding } from '../../shared/views.ts';

/** What to do about a finding, most urgent first. */
export const SEVERITIES = ['blocking', 'manual', 'fixable', 'information'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Findings that have a sentence of their own. */
const known: ReadonlySet<string> = new Set([
  'table-missing',
  'not-a-table',
  'primary-key',
  'column-missing',
  'column-lossy',
  'column-type',
  'column-not-null',
  'column-extra',
  'unique-missing',
  'unique-duplicates',
  'server-id-not-unique',
  'index-missing',
  'foreign-key',
  'trigger-missing',
  'trigger-changed',
  'trigger-extra',
  'pos-trigger',
]);

/** A finding as a text's key and parameters; one that a newer host made is told by its code. */
export function findingText(finding: SchemaFinding): {
  readonly key: string;
  readonly params: MessageParams;
} {
  const { code, table, column, detail } = finding;
  return {
    key: `schema.finding.${known.has(code) ? code : 'other'}`,
    params: {
      code,
      table,
      ...(column === null ? {} : { column }),
      ...(detail === null ? {} : { detail }),
    },
  };
}

/** By what is to be done; an unknown severity asks for a person. */
export function bySeverity(
  findings: readonly SchemaFinding[],
): Readonly<Record<Severity, readonly SchemaFinding[]>> {
  const of = (severity: Severity): SchemaFinding[] =>
    findings.filter((finding) => severityOf(finding) === severity);
  return {
    blocking: of('blocking'),
    manual: of('manual'),
    fixable: of('fixable'),
    information: of('information'),
  };
}

function severityOf({ severity }: SchemaFinding): Severity {
  return SEVERITIES.find((one) => one === severity) ?? 'manual';
}

/** SQL as the command line prints it: one statement after the other, each with its semicolon. */
export function statementsText(statements: readonly string[]): string {
  return statements.map((statement) => `${statement.trim()};`.replace(/;;$/, ';')).join('\n');
}

/** Every statement of the fix, in the order in which they run. */
export function fixStatements(findings: readonly SchemaFinding[]): readonly string[] {
  return findings.flatMap(({ statements }) => statements);
}
