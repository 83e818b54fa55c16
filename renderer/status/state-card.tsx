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
import { useIsManager } from '../components/use-is-manager.ts';
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

/** What to do, in a sentence. Where a screen can mend it, that screen; else a failure's own advice. */
function useTodo(view: StatusView): string {
  const t = useText();
  const manager = useIsManager();
  const { status, facts } = view;
  const action = mainAction(view);
  switch (status.state) {
    case 'error':
      if (action.type === 'take-over')
        return t(
          `status.${status.reason.code === 'CLONE_TWIN' ? 'twin' : 'clone'}-${manager ? 'manager' : 'cashier'}`,
          { ...status.reason.params },
        );
      if (action.type === 'fix') return t(manager ? 'status.do-fix' : 'status.do-error');
      return t.failure(status.reason)?.todo ?? t('status.do-error');
    case 'attention':
      if (status.reason.code.startsWith('STATUS_CLOCK_')) return t('status.do-clock');
      if (action.type === 'review' && action.screen === 'check') return t('status.do-check');
      return t.failure(status.reason)?.todo ?? t(`status.do-${action.type}`);
    case 'paused':
      return t(status.attention ? 'status.do-paused-attention' : 'status.do-paused');
    case 'syncing':
    case 'offline':
      // Another state hides what needs attention: it must not say that there is nothing to do.
      if (status.attention) return t('status.do-below');
      return t(`status.do-${status.state}`, { mode: facts.mode });
    case 'idle':
    case 'setup':
      return t(`status.do-${status.state}`);
  }
}

function useSafe(view: StatusView): { readonly text: string; readonly sure: boolean } {
  const t = useText();
  const safety = safetyOf(view);
  const own = view.facts.error === null ? null : t.failure(view.facts.error);
  return safety === 'careful' && own !== null
    ? { text: own.safe, sure: false }
    : { text: t(`status.safe-${safety}`), sure: safety === 'at-hq' || safety === 'here' };
}

/** For whoever can do something about it: why HQ is not reached or takes nothing, or a failure's own advice. */
function Detail({ view }: StateCardProps) {
  const t = useText();
  const { error } = view.facts;
  if (error === null) return null;
  const { wrong, todo } = t.failure(error) ?? { wrong: t.message(error), todo: null };
  switch (view.status.state) {
    case 'offline':
    case 'syncing':
      return (
        <Text c="dimmed">
          {t('status.since', { since: error.since })} {wrong}
        </Text>
      );
    case 'error':
      return mainAction(view).type === 'fix' && todo !== null ? (
        <Text c="dimmed">{todo}</Text>
      ) : null;
    default:
      return null;
  }
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
  // Where nobody has to do anything, no hand asks for it.
  const rests =
    !view.status.attention &&
    (state === 'idle' ||
      state === 'offline' ||
      (state === 'syncing' && (view.facts.running !== null || view.facts.mode !== 'manual')));
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
            <Detail view={view} />
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
