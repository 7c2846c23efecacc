/** Path that the dashboard is mounted at. */
export const base = document.body.dataset["base"] ?? "";

/** Shortest time between two refreshes, ms; 0 for a page that does not refresh. */
export const refreshEveryMs = Number(document.body.dataset["every"]);

export function byId(id: string, root: Document = document): HTMLElement {
  const element = root.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Sets a text only when it changes, so that a selection in it survives. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows the state of the connection in the header. */
export function showLiveState(state: "on" | "off" | "error", text: string): void {
  const live = byId("live");
  live.dataset["state"] = state;
  if (live.firstElementChild !== null) setText(live.firstElementChild, text);
}

const TOAST_MS = 8_000;
let toastTimer: number | undefined;

/** Shows a message for eight seconds; an empty text hides it. */
export function showToast(text: string): void {
  clearTimeout(toastTimer);
  const toast = byId("toast");
  setText(toast, text);
  if (text !== "") toastTimer = setTimeout(() => setText(toast, ""), TOAST_MS);
}
