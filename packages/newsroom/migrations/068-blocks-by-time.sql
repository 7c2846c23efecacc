ALTER TABLE author_blocks
  ADD KEY author_blocks_by_time (user_id, created_at, author_id)
