export { fillNameKeys } from "./fill-name-keys.js";
export { canonicalName, isReservedName, NAME_CHARACTERS_MAX, type NameKeys, nameFault, nameKeys } from "./name.js";
export { hashPassword, isCommonPassword, opaquePassword, verifyPassword } from "./password.js";
export {
  ACCESS_TTL_SECONDS,
  beginSignIn,
  type Ended,
  endOthers,
  endSignIn,
  endSignIns,
  lateSignIns,
  REFRESH_TTL_SECONDS,
  type RefreshClaims,
  renewGeneration,
  SIGN_IN_TOPIC,
  type SignInRef,
} from "./sign-in-store.js";
export {
  type Account,
  accountOf,
  findAccount,
  insertUser,
  loadUsers,
  NEW_USER_VERSION,
  readUser,
  setPassword,
  type User,
} from "./user-store.js";
