-- PayFlow's own tables, migration 7. Each cycle forgets batches that are old enough; without an index it would read
-- every payload to see how old each is, 30 days of them.
CREATE INDEX sync_sent_at ON sync_sent (sent_at);
