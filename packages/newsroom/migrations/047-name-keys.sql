ALTER TABLE users
  ADD COLUMN name_skeleton VARCHAR(255) NULL COMMENT 'as it looks (UTS 39); NULL until it is filled in',
  ADD COLUMN name_folded VARCHAR(255) NULL COMMENT 'as it looks when written small',
  ADD UNIQUE KEY users_skeleton (name_skeleton),
  ADD UNIQUE KEY users_folded (name_folded)
