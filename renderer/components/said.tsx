import { Box, Text } from '@mantine/core';
import { Failure } from './failure.tsx';
import type { Acting } from './use-act.ts';

interface SaidProps {
  readonly acting: Pick<Acting, 'said' | 'error'>;
  /** Room kept to what stands there, while there is something to say. */
  readonly apart?: 'above' | 'below';
}

/** What became of the last act: a quiet sentence, or why it was refused. With nothing to say it takes no room. */
export function Said({ acting: { said, error }, apart }: SaidProps) {
  const silent = said === null && error === null;
  const room = silent ? 0 : 'md';
  return (
    <Box mt={apart === 'above' ? room : 0} mb={apart === 'below' ? room : 0}>
      <Text role="status" aria-live="polite" fw={500}>
        {said}
      </Text>
      {error === null ? null : <Failure error={error} />}
    </Box>
  );
}
