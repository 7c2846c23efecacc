export { clip } from "./clip.js";
export { asRefusal, FIELDS_MAX, type FieldError, ifRefused, Refusal, type RefusalCode } from "./refusal.js";
