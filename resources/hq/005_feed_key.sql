-- Migration 5: looking an entry up by its key is rare, writing one is not: an index of four bytes a key, compared as
-- numbers in every locale, costs a tenth of an insert less than one of texts. No hash index: one row that is sold all day
-- has thousands of entries, and each new one would walk along all of them.
-- payflow: concurrent optional
CREATE INDEX CONCURRENTLY IF NOT EXISTS feed_key_hash ON payflow_sync.feed (hashtext(key));
DROP INDEX CONCURRENTLY IF EXISTS payflow_sync.feed_key;
