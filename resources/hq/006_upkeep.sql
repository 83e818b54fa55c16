-- Migration 6: what a company needs over the years: versions that meet. Every statement may run twice.

-- A migration that terminals which do not know it must not work with (`-- payflow: closing` in its file). All others leave
-- older terminals at work: hundreds of them cannot be updated at one moment.
ALTER TABLE payflow_sync.migration ADD COLUMN IF NOT EXISTS closing boolean NOT NULL DEFAULT false;
