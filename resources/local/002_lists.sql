-- For the window's lists: the count of runs with a status must not read every report.
CREATE INDEX sync_run_status ON sync_run (status, started_at);
