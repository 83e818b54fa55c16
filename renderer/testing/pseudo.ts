/**
 * The pseudo-locale: English with every letter accented, a third and more longer, and in brackets. A text that is not
 * in it on a screen came past the catalogue; one whose bracket is cut off has too little room (UX.md: +40 %).
 */
import { IntlMessageFormat } from 'intl-messageformat';
import { messageFormats } from '../../shared/message-format.ts';

const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const accented = 'áƀçđéƒĝĥíĵķłɱñóþǫŕšŧúṽŵẋýžÁßÇÐÉƑĜĤÍĴĶŁṀÑÓÞǪŔŠŦÚṼŴẊÝŽ';
const accents = new Map(
  [...plain].map((letter, place) => [letter, [...accented][place] ?? letter]),
);

/** Text as it stands between parameters: each letter accented, each second vowel doubled. */
export function pseudoLetters(text: string): string {
  return [...text]
    .map((letter) => {
      const other = accents.get(letter) ?? letter;
      return /[aeiou]/i.test(letter) ? other.repeat(2) : other;
    })
    .join('');
}

/** Keys of the parser's tree: 0 is a literal, whose `value` is what people read. */
function pseudoTree(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(pseudoTree);
  if (typeof node !== 'object' || node === null) return node;
  if ('type' in node && node.type === 0 && 'value' in node && typeof node.value === 'string') {
    return { ...node, value: pseudoLetters(node.value) };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, pseudoTree(value)]));
}

/** The room that 40 % more letters need: dots, so that a cut is seen. */
function padding(text: string): string {
  return '·'.repeat(Math.ceil([...text].length * 0.15));
}

/** One ICU text in the pseudo-locale, ready to be filled. */
export function pseudoMessage(text: string): IntlMessageFormat {
  const tree = new IntlMessageFormat(text, 'en', messageFormats, { ignoreTag: true }).getAst();
  const literal = (value: string) => ({ type: 0 as const, value });
  const changed = pseudoTree(tree) as typeof tree;
  return new IntlMessageFormat(
    [literal('['), ...changed, literal(`${padding(text)}]`)],
    'en',
    messageFormats,
    { ignoreTag: true },
  );
}
