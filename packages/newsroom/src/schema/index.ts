export {
  type ArticleStatus,
  CANCELLED,
  DELETED,
  type OrderStatusCode,
  PAID,
  PUBLISHED,
  SCHEDULED,
  UNPAID,
} from "./statuses.js";
export { CHANGE_TOPICS, type ChangeTopic, isChangeTopic } from "./topics.js";
