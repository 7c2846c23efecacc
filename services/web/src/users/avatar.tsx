const COLOURS = 6;

/** First letter of a name, on the colour of the name. */
export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  const colour = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) as number), 0) % COLOURS;
  return (
    <span class={`avatar colour-${colour} ${large ? "large" : ""}`} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}
