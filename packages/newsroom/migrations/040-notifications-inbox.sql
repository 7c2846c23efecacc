ALTER TABLE notifications
  DROP KEY notifications_user,
  ADD KEY notifications_inbox (user_id, id, read_at)
