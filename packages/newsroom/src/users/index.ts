export { fillNameKeys } from "./fill-name-keys.js";
export { canonicalName, isReservedName, NAME_CHARACTERS_MAX, type NameKeys, nameFault, nameKeys } from "./name.js";
export { hashPassword, isCommonPassword, opaquePassword, verifyPassword } from "./password.js";
