/**
 * An HQ that has never heard of PayFlow's own tables: other names, integer keys, its own manifest. What works here
 * works because nothing about a particular table lives in the engine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHq, type TestHq } from './shop.ts';

/** Branch 7 with the tills A (key 11) and B (12), branch 8 with the till C (13). */
const COMPANY = `
  CREATE TABLE branches (branch_no serial PRIMARY KEY, town text NOT NULL);
  CREATE TABLE tills (
    till_no serial PRIMARY KEY,
    till_code varchar(20) NOT NULL UNIQUE,
    branch_no integer NOT NULL REFERENCES branches);
  INSERT INTO branches VALUES (7, 'Nord'), (8, 'Süd');
  INSERT INTO tills VALUES (11, 'A', 7), (12, 'B', 7), (13, 'C', 8);`;

const MANIFEST = `
version: 1
terminals: { table: tills, code: till_code, store: branch_no }
terminal_column: till_no
tables:
  branches: { scope: everyone, direction: download, strategy: hq }
  tills: { scope: { store: branch_no }, direction: download, strategy: hq }
`;

/** An HQ with further tables: their lines of the manifest, and the statements that make them before the install. */
export async function createForeignHq(tables: string, schemaSql: string): Promise<TestHq> {
  const folder = mkdtempSync(join(tmpdir(), 'payflow-manifest-'));
  try {
    const manifest = join(folder, 'manifest.yaml');
    writeFileSync(manifest, `${MANIFEST}${tables.replaceAll(/^/gm, '  ')}\n`);
    return await createHq({ manifest, schemaSql: COMPANY + schemaSql });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
