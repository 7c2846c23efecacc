export { createLimit, type Limit, type Rate } from "./limit.js";
export { networkOf } from "./network-of.js";
export { createSignInLimit, type SignInLimit, type SignInRates } from "./sign-in-limit.js";
export { createWriteLimit, type WriteLimit, type WriteRate } from "./write-limit.js";
