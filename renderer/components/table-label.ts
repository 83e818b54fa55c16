/** `order_items` as people read it: "Order items". Names are HQ's own, so they are not translated. */
export function tableLabel(table: string): string {
  const words = table.replaceAll('_', ' ').trim();
  return words === '' ? table : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** A row as a list names it; without an id, its table. */
export function rowLabel(table: string, id: string): string {
  return id === '' ? tableLabel(table) : `${tableLabel(table)} · ${id}`;
}
