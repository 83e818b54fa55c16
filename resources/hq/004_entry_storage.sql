-- Migration 4: ids of outbox entries are random digits, which nothing can compress. Trying cost 1 us of each uploaded row.
ALTER TABLE payflow_sync.upload_entry ALTER COLUMN entry_ids SET STORAGE EXTERNAL;
