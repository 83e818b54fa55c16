/** What HQ's catalogue says about the tables of a manifest: facts only, as `electron/remote/catalogue.ts` reads them. */

export interface CatalogueColumn {
  readonly name: string;
  /** `format_type()` with the modifier; schema-qualified unless it is PostgreSQL's own. */
  readonly type: string;
  /** The base type (through domains) without modifier, as a cast writes it: never truncates. */
  readonly base: string;
  /** The base type's name in pg_type and its category (`A` array, `N` number, ...). */
  readonly baseName: string;
  readonly category: string;
  /** pg_attribute.atttypmod, or the domain's; -1 for none. */
  readonly baseModifier: number;
  readonly notNull: boolean;
  readonly default: string | null;
  /** The expression of a generated column. */
  readonly generated: string | null;
  /** Qualified, quoted name of the sequence that fills it. */
  readonly sequence: string | null;
}

export interface CatalogueForeignKey {
  readonly columns: readonly string[];
  readonly refTable: string;
  readonly refColumns: readonly string[];
}

export interface CatalogueTable {
  readonly name: string;
  readonly partitioned: boolean;
  /** All partitions below it, of any depth. */
  readonly partitions: readonly { readonly schema: string; readonly name: string }[];
  /** In the table's own order. */
  readonly columns: readonly CatalogueColumn[];
  readonly primaryKey: readonly string[];
  /** To tables of the same schema, synced or not. */
  readonly foreignKeys: readonly CatalogueForeignKey[];
  readonly uniques: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** Md5 over columns, types and primary key, computed by HQ. */
  readonly fingerprint: string;
}

export interface Catalogue {
  readonly schema: string;
  readonly tables: readonly CatalogueTable[];
}
