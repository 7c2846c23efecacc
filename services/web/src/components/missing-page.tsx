import { words } from "../language/language.js";
import { PageHead } from "./page-head.js";

export function MissingPage() {
  return (
    <section class="plain-page">
      <PageHead title={words.value.pageMissing} />
    </section>
  );
}
