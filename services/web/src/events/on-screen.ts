const SEEN_MS = 500;
const SEEN_SHARE = 0.5;

interface Observed {
  readonly onSeen: () => void;
  isVisible: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const watched = new Map<Element, Observed>();
let observer: IntersectionObserver | undefined;

/**
 * Calls `onSeen` once, when half of `element` has been on the screen for half a second without a break. What lies behind the
 * bars of the page, or in a hidden tab, is not on the screen. Returns a stop function.
 */
export function whenSeen(element: Element, onSeen: () => void): () => void {
  observer ??= observe();
  watched.set(element, { onSeen, isVisible: false, timer: undefined });
  observer.observe(element);
  return () => forget(element);
}

document.addEventListener("visibilitychange", () => {
  for (const [element, watch] of watched) follow(element, watch);
});

function observe(): IntersectionObserver {
  return new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRatio } of entries) {
        const watch = watched.get(target);
        if (watch === undefined) continue;
        watch.isVisible = isIntersecting && intersectionRatio >= SEEN_SHARE;
        follow(target, watch);
      }
    },
    { threshold: SEEN_SHARE, rootMargin: `-${barHeight("--bars-top")}px 0px -${barHeight("--bars-bottom")}px` },
  );
}

function follow(element: Element, watch: Observed): void {
  const counts = watch.isVisible && document.visibilityState === "visible";
  if (counts === (watch.timer !== undefined)) return;
  if (!counts) {
    clearTimeout(watch.timer);
    watch.timer = undefined;
    return;
  }
  watch.timer = setTimeout(() => {
    forget(element);
    watch.onSeen();
  }, SEEN_MS);
}

function forget(element: Element): void {
  clearTimeout(watched.get(element)?.timer);
  watched.delete(element);
  observer?.unobserve(element);
}

/** Height of a bar of the page, which the style sheet declares. */
function barHeight(property: string): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue(property)) || 0;
}

// A window that was rotated or resized may have other bars.
matchMedia("(min-width: 56rem)").addEventListener("change", () => {
  if (observer === undefined) return;
  observer.disconnect();
  observer = observe();
  for (const element of watched.keys()) observer.observe(element);
});
