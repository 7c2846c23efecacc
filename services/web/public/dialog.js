import { problemNote } from "./problem.js";

/** A dialog with a form: `submit(form)` may throw a Problem, which is shown in it; it closes when it does not. */
export function formDialog(id, submit) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  const slot = dialog.querySelector(".problem-slot");
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    slot.replaceChildren();
    try {
      await submit(form);
      dialog.close();
      form.reset();
    } catch (problem) {
      slot.replaceChildren(problemNote(problem));
      form.elements[problem.fields?.[0]?.replace(/\[.*/, "")]?.focus();
    } finally {
      form.ariaBusy = "false";
    }
  });
  return () => {
    slot.replaceChildren();
    dialog.showModal();
  };
}
