export {
  type Comment,
  type Commented,
  type CommentsPage,
  deleteComment,
  insertComment,
  type NewComment,
  readComments,
} from "./comment-store.js";
