import { PageHead } from "../components/page-head.js";
import { words } from "../language/language.js";

export function MissingPage() {
  return (
    <section class="plain-page">
      <PageHead title={words.value.pageMissing} />
    </section>
  );
}
