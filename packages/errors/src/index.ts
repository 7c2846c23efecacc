export { asRefusal, type FieldError, ifRefused, Refusal, type RefusalCode } from "./refusal.js";
