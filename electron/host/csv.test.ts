import { expect, test } from 'vitest';
import { csvOf } from './csv.ts';

test('commas, quotes and line ends stay inside their cell', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['x,y', 'say "hi"\nnow'],
        [null, 3],
      ],
    ),
  ).toBe('\uFEFFa,b\r\n"x,y","say ""hi""\nnow"\r\n,3\r\n');
});

test.each([
  ['=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
  ['+1+1', "'+1+1"],
  ['-2+3|cmd', "'-2+3|cmd"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['y;=1+1', `"y;'=1+1"`],
  ['x;y', '"x;y"'],
  ['-12.50', '-12.50'],
  ['-5', '-5'],
  ['O-1', 'O-1'],
])('a spreadsheet runs nothing: %s', (text, cell) => {
  expect(csvOf(['h'], [[text]])).toBe(`\uFEFFh\r\n${cell}\r\n`);
});
