import { useState } from "preact/hooks";

/** A picture in a box that has its size before the picture is there, and keeps it when there is none. */
export function Cover({ url, eager = false }: { url: string; eager?: boolean }) {
  const [isMissing, miss] = useState(false);
  return (
    <span class="cover">
      {!isMissing && (
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
