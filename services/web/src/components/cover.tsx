import { useState } from "preact/hooks";
import { coverOrigins, isShownCover } from "./cover-origins.js";

/** A picture in a box that has its size before the picture is there, and keeps it when there is none or it is of a site that is not shown. */
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
