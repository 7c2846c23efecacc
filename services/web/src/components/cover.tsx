import { useState } from "preact/hooks";
import { coverOrigins, isShownCover } from "./cover-origins.js";

/** Picture in a box of fixed ratio, which stays empty without a picture, or with one of a site that is not shown. */
export function Cover({ url, eager = false }: { url: string; eager?: boolean }) {
  const [isMissing, miss] = useState(false);
  return (
    <span class="cover">
      {!isMissing && isShownCover(url, coverOrigins.value, location.origin) && (
        <img
          src={url}
          alt=""
          loading={eager ? "eager" : "lazy"}
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => miss(true)}
        />
      )}
    </span>
  );
}
