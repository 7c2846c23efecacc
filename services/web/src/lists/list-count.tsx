import { count } from "../language/format.js";
import { words } from "../language/language.js";

/** Number of the entries of a list, once it is known. */
export function ListCount({ of }: { of: number | undefined }) {
  return <p class="hint">{of === undefined ? " " : words.value.inAll(count(of))}</p>;
}
