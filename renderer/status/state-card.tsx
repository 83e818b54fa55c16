import { Box, Group, Paper, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import {
  IconAlertCircle,
  IconHandClick,
  IconMoodSmile,
  IconShieldCheck,
  type Icon,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { StatusView } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { mainAction } from './main-action.ts';
import { safetyOf } from './safety.ts';
import { stateColor, StateIcon } from './state-icon.tsx';
import { StateActions } from './state-actions.tsx';

interface StateCardProps {
  readonly view: StatusView;
}

/** One of the two answers: an icon, and a sentence that stands for itself. */
function Answer({ icon: AnswerIcon, color, children }: AnswerProps) {
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      <Box c={`var(--payflow-state-${color})`} lh={0} style={{ flexShrink: 0 }}>
        <AnswerIcon aria-hidden size={28} />
      </Box>
      <Text size="lg" fw={600} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </Group>
  );
}

interface AnswerProps {
  readonly icon: Icon;
  readonly color: string;
  readonly children: ReactNode;
}

/** What a screen reader hears of a change: at start and end of a run, not with each row. */
function Announcement({ view }: StateCardProps) {
  const t = useText();
  const { state, reason } = view.status;
  const text = t.status(reason);
  const spoken = state === 'syncing' ? text.headline : `${text.headline}. ${text.reason}`;
  return (
    <VisuallyHidden key={state === 'error' ? 'alert' : 'status'}>
      <span role={state === 'error' ? 'alert' : 'status'}>{spoken}</span>
    </VisuallyHidden>
  );
}

/** What to do, in a sentence; for a failure its own. */
function useTodo({ status, facts }: StatusView): string {
  const t = useText();
  if (status.state === 'error') return t.failure(status.reason)?.todo ?? t('status.do-error');
  if (status.state === 'attention') {
    const own = t.failure(status.reason)?.todo;
    return own ?? t(`status.do-${mainAction({ status, facts }).type}`);
  }
  return t(`status.do-${status.state}`, { mode: facts.mode });
}

function useSafe(view: StatusView): { readonly text: string; readonly sure: boolean } {
  const t = useText();
  const safety = safetyOf(view);
  const own = view.facts.error === null ? null : t.failure(view.facts.error);
  return safety === 'careful' && own !== null
    ? { text: own.safe, sure: false }
    : { text: t(`status.safe-${safety}`), sure: safety === 'at-hq' || safety === 'here' };
}

/** Why HQ is not reached, for whoever can do something about it. */
function OfflineDetail({ view }: StateCardProps) {
  const t = useText();
  const { error } = view.facts;
  if (view.status.state !== 'offline' || error === null) return null;
  return (
    <Text c="dimmed">
      {t('status.since', { since: error.since })} {t.failure(error)?.wrong ?? t.message(error)}
    </Text>
  );
}

export function StateCard({ view }: StateCardProps) {
  const t = useText();
  const { state, reason } = view.status;
  const text = t.status(reason);
  const safe = useSafe(view);
  const todo = useTodo(view);
  // A failure's reason is its three sentences; two of them stand below as the answers.
  const because = state === 'error' ? (t.failure(reason)?.wrong ?? text.reason) : text.reason;
  const color = stateColor[state];
  const rests = mainAction(view).type === 'cancel' || state === 'idle' || state === 'offline';
  return (
    <Paper
      withBorder
      p="lg"
      component="section"
      aria-label={t('status.state')}
      style={{ borderInlineStart: `0.5rem solid var(--payflow-state-${color})` }}
    >
      <Announcement view={view} />
      <Stack gap="lg">
        <Group gap="lg" wrap="nowrap" align="flex-start">
          <Box c={`var(--payflow-state-${color})`} lh={0} style={{ flexShrink: 0 }}>
            <StateIcon state={state} size={88} />
          </Box>
          <Stack gap={4} miw={0}>
            <Title order={2} fz="2rem" lh={1.2}>
              {text.headline}
            </Title>
            <Text size="lg" style={{ overflowWrap: 'anywhere' }}>
              {because}
            </Text>
            <OfflineDetail view={view} />
          </Stack>
        </Group>
        <Stack gap="sm">
          <Answer
            icon={safe.sure ? IconShieldCheck : IconAlertCircle}
            color={safe.sure ? 'green' : 'gray'}
          >
            {safe.text}
          </Answer>
          <Answer icon={rests ? IconMoodSmile : IconHandClick} color={color}>
            {todo}
          </Answer>
        </Stack>
        <StateActions view={view} />
      </Stack>
    </Paper>
  );
}
