import { Group, Modal } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';

interface DialogProps {
  readonly title: ReactNode;
  readonly onClose: () => void;
  /** Widest it gets, in pixels. */
  readonly size?: number;
  readonly children: ReactNode;
}

/** Mantine gives the focus back when a dialog is closed and still there; these go away as a whole. */
function useGiveFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
}

/**
 * An open dialog: it keeps the focus, and gives it back to where it came from. Made of Mantine's parts, because its
 * ready-made one has a `<header>` of its own (a second banner for screen readers) and a close button of 28 px.
 */
export function Dialog({ title, onClose, size = 760, children }: DialogProps) {
  const t = useText();
  useGiveFocusBack();
  return (
    <Modal.Root opened onClose={onClose} size={size} centered>
      <Modal.Overlay />
      <Modal.Content>
        <Group
          justify="space-between"
          wrap="nowrap"
          ps="md"
          pe="xs"
          py="xs"
          pos="sticky"
          top={0}
          bg="var(--mantine-color-body)"
          style={{ zIndex: 1 }}
        >
          <Modal.Title fz="1.25rem" fw={600} miw={0}>
            {title}
          </Modal.Title>
          <Modal.CloseButton size={48} iconSize={24} aria-label={t('common.close')} />
        </Group>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
