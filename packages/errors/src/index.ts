export { asRefusal, type FieldError, Refusal, type RefusalCode } from "./refusal.js";
