export {
  type Article,
  articleIdsByAuthor,
  authorOf,
  loadArticles,
  loadContents,
  newestArticleIds,
} from "./article-store.js";
export {
  type AlreadyWritten,
  type ArticleEdit,
  type ArticleWriterDeps,
  type Deletion,
  deleteArticle,
  type EditRules,
  insertArticle,
  type NewArticle,
  type PublishRequest,
  updateArticle,
  type Written,
} from "./article-writer.js";
export { readCover, showWritten, toStored, UNWRITTEN, WRITTEN_COLUMNS, type WrittenFields } from "./columns.js";
export {
  type Fragment,
  type Item,
  NO_COUNTS,
  readFragment,
  toFragment,
  toItem,
} from "./fragment.js";
export {
  countPublishedSince,
  hasArticles,
  newestPublished,
  newestTitles,
  type PublishedArticle,
  type TitledArticle,
} from "./newest-articles.js";
export { type OwnArticle, readOwnArticles } from "./own-articles.js";
export { PUBLISH_TASK, publishJob, publishJobId } from "./publish-job.js";
export { overdueArticles, type Publication, publishScheduled } from "./publish-scheduled.js";
export { readWaiting, type WaitingArticle } from "./waiting-article.js";
