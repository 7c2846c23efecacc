ALTER TABLE article_collects
  ADD KEY article_collects_by_time (user_id, created_at, article_id)
