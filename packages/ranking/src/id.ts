/** Ids of articles, readers, channels and authors. A snapshot keeps numbers apart from bigints. */
export type Id = number | bigint;
