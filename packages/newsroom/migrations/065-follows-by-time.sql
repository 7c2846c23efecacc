ALTER TABLE follows
  DROP KEY follows_author,
  ADD KEY follows_author (author_id, created_at, user_id),
  ADD KEY follows_by_time (user_id, created_at, author_id)
