import { Box, Text } from '@mantine/core';
import { Failure } from './failure.tsx';
import type { Acting } from './use-act.ts';

interface SaidProps {
  readonly acting: Pick<Acting, 'said' | 'error'>;
}

/** What became of the last act: a quiet sentence, or why it was refused. Empty, it takes no room. */
export function Said({ acting: { said, error } }: SaidProps) {
  return (
    <Box>
      <Text role="status" aria-live="polite" fw={500}>
        {said}
      </Text>
      {error === null ? null : <Failure error={error} />}
    </Box>
  );
}
