import { signal } from "@preact/signals";

interface Toast {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 3_000;
const WITH_ACTION_MS = 7_000;

const shown = signal<Toast | undefined>(undefined);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a message for some seconds, with an action or without. */
export function toast(text: string, action?: Toast["action"]): void {
  clearTimeout(timer);
  shown.value = action === undefined ? { text } : { text, action };
  timer = setTimeout(hideToast, action === undefined ? SHOWN_MS : WITH_ACTION_MS);
}

/** Shows a toast of low priority: not over another one, nor on a hidden page. */
export function toastIfIdle(text: string, action: NonNullable<Toast["action"]>): void {
  if (shown.peek() === undefined && document.visibilityState === "visible") toast(text, action);
}

export function Toaster() {
  const now = shown.value;
  return (
    <div class="toaster" role="status">
      {now && (
        <p class="toast">
          <span dir="auto">{now.text}</span>
          {now.action && (
            <button
              type="button"
              onClick={() => {
                now.action?.run();
                hideToast();
              }}
            >
              {now.action.label}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Removes a toast whose subject is outdated. */
export function hideToast(): void {
  clearTimeout(timer);
  shown.value = undefined;
}
