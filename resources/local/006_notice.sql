-- Who settled a notice: a data check that passed, or a person who dismissed it.
ALTER TABLE sync_notice ADD COLUMN settled_by TEXT CHECK (settled_by IN ('check', 'person'));
