export {
  type Article,
  articleIdsByAuthor,
  coverOrNone,
  DELETED,
  loadArticles,
  loadContents,
  newestArticleIds,
  PUBLISHED,
  readCover,
  SCHEDULED,
} from "./article-store.js";
export {
  type AlreadyWritten,
  type ArticleEdit,
  type Deletion,
  deleteArticle,
  type EditRules,
  insertArticle,
  type NewArticle,
  type PublishRequest,
  type UserCounts,
  updateArticle,
  type WriterParts,
  type Written,
} from "./article-writer.js";
export {
  type ArticleCounts,
  type Fragment,
  type Item,
  NO_COUNTS,
  readFragment,
  toFragment,
  toItem,
} from "./fragment.js";
export { PUBLISH_TASK, publishJob, publishJobId } from "./publish-job.js";
export { overdueArticles, type Publication, publishScheduled } from "./publish-scheduled.js";
export { readWaiting, type WaitingArticle } from "./waiting-article.js";
