import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconInfoCircle,
  IconOctagon,
  IconTool,
  type Icon,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { SchemaFinding } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { Statements } from './statements.tsx';
import { bySeverity, findingText, SEVERITIES, type Severity } from './schema-words.ts';

const icons: Readonly<Record<Severity, Icon>> = {
  blocking: IconOctagon,
  manual: IconAlertTriangle,
  fixable: IconTool,
  information: IconInfoCircle,
};

/** All findings by what is to be done; what asks for nothing is folded away. */
export function Findings({ findings }: { readonly findings: readonly SchemaFinding[] }) {
  const groups = bySeverity(findings);
  return (
    <Stack gap="lg">
      {SEVERITIES.map((severity) =>
        groups[severity].length === 0 ? null : (
          <FindingGroup key={severity} severity={severity} findings={groups[severity]} />
        ),
      )}
    </Stack>
  );
}

interface FindingGroupProps {
  readonly severity: Severity;
  readonly findings: readonly SchemaFinding[];
}

function FindingGroup({ severity, findings }: FindingGroupProps) {
  const t = useText();
  const [open, setOpen] = useState(severity !== 'information');
  const GroupIcon = icons[severity];
  const title = t(`schema.group.${severity}`);
  return (
    <Stack gap="sm" component="section" aria-label={title}>
      <Group gap="sm">
        <GroupIcon aria-hidden />
        <Title order={2} size="h4">
          {title}
        </Title>
      </Group>
      {severity === 'information' ? (
        <Button
          variant="default"
          aria-expanded={open}
          style={{ alignSelf: 'flex-start' }}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open
            ? t('schema.hide-information')
            : t('schema.show-information', { count: findings.length })}
        </Button>
      ) : null}
      {open ? (
        <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
          {findings.map((finding, place) => (
            <FindingRow key={place} finding={finding} />
          ))}
        </Stack>
      ) : null}
    </Stack>
  );
}

function FindingRow({ finding }: { readonly finding: SchemaFinding }) {
  const t = useText();
  const { key, params } = findingText(finding);
  return (
    <Paper component="li" withBorder radius="md" p="md">
      <Stack gap="xs" align="flex-start">
        <Text style={{ overflowWrap: 'anywhere' }}>{t(key, params)}</Text>
        <Statements statements={finding.statements} label={t(key, params)} />
      </Stack>
    </Paper>
  );
}
