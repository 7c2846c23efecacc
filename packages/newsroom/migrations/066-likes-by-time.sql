ALTER TABLE article_likes
  ADD KEY article_likes_by_time (user_id, created_at, article_id)
