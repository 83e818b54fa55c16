import { Box, Group, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useText } from '../i18n/use-text.ts';
import { StateIcon, stateColor } from '../status/state-icon.tsx';
import { useStatus } from '../status/status-store.ts';
import { useRouter } from './router-store.ts';

/** The dot that says: something needs a look although another state shows. */
function AttentionDot() {
  const t = useText();
  return (
    <Box component="span" className="payflow-dot" data-attention>
      <VisuallyHidden>{t('shell.attention-dot')}</VisuallyHidden>
    </Box>
  );
}

/** The state on every screen: shape, headline, dot; opens the Status screen. */
export function StateLine() {
  const t = useText();
  const view = useStatus();
  const go = useRouter((state) => state.go);
  if (view === null) return <Text>{t('shell.connecting')}</Text>;
  const { state, attention, reason } = view.status;
  const { headline } = t.status(reason);
  const hides = state === 'syncing' || state === 'paused' || state === 'offline';
  return (
    <UnstyledButton
      className="payflow-state-line"
      onClick={() => {
        go('status');
      }}
    >
      <Group gap="sm" wrap="nowrap">
        <Box component="span" c={`var(--payflow-state-${stateColor[state]})`} lh={0} pos="relative">
          <StateIcon state={state} size={32} />
          {attention && hides ? <AttentionDot /> : null}
        </Box>
        <Text fw={600} size="lg" lineClamp={1}>
          {headline}
        </Text>
      </Group>
    </UnstyledButton>
  );
}
