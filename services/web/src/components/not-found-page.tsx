import { words } from "../language/language.js";
import { PageHead } from "./page-head.js";

export function NotFoundPage() {
  return (
    <section class="plain-page">
      <PageHead title={words.value.pageMissing} />
    </section>
  );
}
