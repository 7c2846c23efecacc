/** Placeholders as tall as the cards that follow. */
export function CardSkeletons({ count }: { count: number }) {
  return (
    <div class="skeletons" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div class="card-skeleton" key={index}>
          <span class="words">
            <span class="bar" />
            <span class="bar half" />
            <span class="bar small" />
          </span>
          <span class="cover" />
        </div>
      ))}
    </div>
  );
}

export function TextSkeleton() {
  return (
    <div class="text-skeleton" aria-hidden="true">
      {Array.from({ length: 7 }, (_, index) => (
        <span class={index % 3 === 2 ? "bar half" : "bar"} key={index} />
      ))}
    </div>
  );
}
