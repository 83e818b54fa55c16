import { Text, type TextProps } from '@mantine/core';

interface ShortValueProps extends TextProps {
  readonly value: string;
  /** Lines it may take on its own; absent: it stands within a sentence. */
  readonly lines?: number;
}

/** No list shows more of a value than this; whoever opens the row sees all of it (`Value`). */
const lettersAlone = 300;
const lettersInSentence = 80;
/** What a cut leaves of a letter beyond 16 bits. */
const halfLetter = /[\uD800-\uDBFF]$/;

/** A value in a list or on a button, where `Value` with its own button has no place: text, cut to some lines. */
export function ShortValue({ value, lines, ...text }: ShortValueProps) {
  const letters = lines === undefined ? lettersInSentence : lettersAlone;
  const shown =
    value.length > letters ? `${value.slice(0, letters).replace(halfLetter, '')}…` : value;
  return (
    <Text
      {...text}
      {...(lines === undefined ? { inherit: true } : { lineClamp: lines })}
      component="bdi"
      dir="auto"
      style={{ overflowWrap: 'anywhere', minWidth: 0 }}
    >
      {shown}
    </Text>
  );
}
