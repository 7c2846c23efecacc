ALTER TABLE idempotency_keys RENAME COLUMN article_id TO answer_id
