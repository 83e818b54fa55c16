const plain = 'abcdeghijklnoprstuwyzABCDEGHIJKLNOPRSTUWYZ';
const other = 'åƀçðéĝĥîĵķļñöþŕšţûŵýžÅƁÇÐÉĜĤÎĴĶĻÑÖÞŔŠŢÛŴÝŽ';

const letter = /[A-Za-z]/g;

/** Letters with accents, and 40 percent more room at the end. */
const strange = (text: string): string => {
  const letters = text.replaceAll(letter, (found) => other[plain.indexOf(found)] ?? found);
  return letters + '·'.repeat(Math.ceil((text.match(letter)?.length ?? 0) * 0.4));
};

/** A message's tree with its own words made strange; parameters and the keys of branches stay. */
export function pseudoTree<T>(node: T): T {
  if (Array.isArray(node)) return node.map((child: unknown) => pseudoTree(child)) as T;
  if (typeof node !== 'object' || node === null) return node;
  if ('type' in node && node.type === 0 && 'value' in node && typeof node.value === 'string') {
    return { ...node, value: strange(node.value) };
  }
  return Object.fromEntries(
    Object.entries(node).map(([name, child]: [string, unknown]) => [name, pseudoTree(child)]),
  ) as T;
}
