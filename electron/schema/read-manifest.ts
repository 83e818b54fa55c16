import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import { manifestSchema, type Manifest } from '../../shared/manifest.ts';

/**
 * The manifest in this YAML text. The first problem becomes `MANIFEST_INVALID { file, line, problem }`; `line`
 * counts from 1 and is 0 where the problem stands on no line of its own.
 */
export function readManifest(text: string, file: string): Manifest {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax) throw invalid(file, lines.linePos(syntax.pos[0]).line, syntax.message);
  const parsed = manifestSchema.safeParse(plainValue(document, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map((part) => (typeof part === 'symbol' ? '' : part)) ?? [];
  const offset = offsetOf(
    document,
    issue?.code === 'unrecognized_keys' ? [...path, issue.keys[0] ?? ''] : path,
  );
  throw invalid(file, offset === null ? 0 : lines.linePos(offset).line, describe(path, issue));
}

/** Aliases may blow up when they are resolved; that is a problem of the file, not of ours. */
function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw invalid(file, 0, error instanceof Error ? error.message : String(error));
  }
}

function invalid(file: string, line: number, problem: string): PayflowError {
  return new PayflowError('MANIFEST_INVALID', { file, line, problem });
}

function describe(path: readonly (string | number)[], issue: z.core.$ZodIssue | undefined): string {
  const inner = issue?.code === 'invalid_key' ? issue.issues[0] : undefined;
  const what = (inner ?? issue)?.message ?? 'not a manifest';
  return path.length === 0 ? what : `${path.join('.')}: ${what}`;
}

/** Where the innermost part of the path that exists in the text begins: its key, if it has one. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const offset = offsetIn(parent, path[length - 1]);
    if (offset !== null) return offset;
  }
  return null;
}

function offsetIn(parent: unknown, key: string | number | undefined): number | null {
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    return isScalar(pair?.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  if (isSeq(parent) && typeof key === 'number') {
    const item = parent.items[key];
    return isNode(item) ? (item.range?.[0] ?? null) : null;
  }
  return null;
}
