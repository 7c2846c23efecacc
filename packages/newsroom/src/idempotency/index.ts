export { type Answer, answerOnce, type KeyedRequest } from "./answer-once.js";
