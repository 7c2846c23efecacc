import { formDialog } from "./dialog.js";
import { session } from "./session.js";

export const openSignIn = formDialog("sign-in-dialog", (form) =>
  session.signIn(form.elements.name.value, form.elements.password.value),
);
