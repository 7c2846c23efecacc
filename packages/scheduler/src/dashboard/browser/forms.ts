import { closeStream } from "./live.js";
import { base, showToast } from "./page.js";
import { refresh, stopRefreshing } from "./refresh.js";

const csrfToken = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

/** Sends the form of a button in the background; any other form leaves the page. */
export async function onSubmit(event: SubmitEvent): Promise<void> {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.dataset["action"] === undefined) return leavePage();
  event.preventDefault();
  const button = form.querySelector("button");
  if (button !== null) button.disabled = true;
  try {
    await post(form);
    showToast("");
  } catch (error) {
    showToast((error as Error).message);
  } finally {
    if (button !== null) button.disabled = false;
    await refresh();
  }
}

/** Submits a filter as soon as a choice changes, without its empty fields. */
export function enhanceFilters(form: HTMLFormElement): void {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) form.requestSubmit();
  });
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}

/** Posts to the API's path of a form. Throws the detail of a refusal. */
async function post(form: HTMLFormElement): Promise<void> {
  const path = new URL(form.action).pathname.slice(base.length);
  const response = await fetch(`${base}/api${path}`, { method: "POST", headers: { "X-CSRF-Token": csrfToken } });
  if (response.ok) return;
  const { detail } = (await response.json()) as { readonly detail?: string };
  throw new Error(detail ?? `It did not work (${response.status}).`);
}

function leavePage(): void {
  closeStream();
  stopRefreshing();
}
