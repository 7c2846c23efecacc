import { toast } from "../components/toast.js";
import { words } from "../language/language.js";

/** Opens the system's share sheet; where there is none, as over plain HTTP, copies the address, or shows it. */
export async function share(title: string): Promise<void> {
  const url = location.href;
  if (typeof navigator.share === "function" && (await isShared({ title, url }))) return;
  if (await isCopied(url)) toast(words.peek().linkCopied);
  else prompt(words.peek().copyLink, url);
}

/** Whether the share sheet was opened, also when it was dismissed. */
async function isShared(content: ShareData): Promise<boolean> {
  try {
    await navigator.share(content);
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError";
  }
}

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return isCopiedFromField(text); // there is no clipboard over plain HTTP, or it is forbidden
  }
}

function isCopiedFromField(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.style.cssText = "position:fixed;top:0;opacity:0";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  }
}
