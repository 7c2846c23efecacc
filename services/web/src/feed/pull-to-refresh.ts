import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Distance of a pull, and the share of it that the page follows. */
const ENOUGH_PX = 64;
const RESISTANCE = 0.45;

/** Pulled distance of the page, px. */
export const pulledPx = signal(0);
export const pulledEnough = (px: number) => px >= ENOUGH_PX;

/** Calls `refresh` when a finger pulls the top of the page down. */
export function usePullToRefresh(refresh: () => void): void {
  useEffect(() => {
    let startY: number | undefined;

    const onStart = ({ touches }: TouchEvent) => {
      startY = scrollY <= 0 && touches.length === 1 ? touches[0]?.clientY : undefined;
    };
    const onMove = (event: TouchEvent) => {
      const y = event.touches[0]?.clientY;
      if (startY === undefined || y === undefined) return;
      const px = (y - startY) * RESISTANCE;
      if (px <= 0 || scrollY > 0) {
        pulledPx.value = 0;
        return;
      }
      if (event.cancelable) event.preventDefault();
      pulledPx.value = Math.min(px, ENOUGH_PX * 1.5);
    };
    const onEnd = () => {
      if (pulledEnough(pulledPx.peek())) refresh();
      pulledPx.value = 0;
      startY = undefined;
    };

    addEventListener("touchstart", onStart, { passive: true });
    addEventListener("touchmove", onMove, { passive: false });
    addEventListener("touchend", onEnd);
    addEventListener("touchcancel", onEnd);
    return () => {
      removeEventListener("touchstart", onStart);
      removeEventListener("touchmove", onMove);
      removeEventListener("touchend", onEnd);
      removeEventListener("touchcancel", onEnd);
      pulledPx.value = 0;
    };
  }, [refresh]);
}
