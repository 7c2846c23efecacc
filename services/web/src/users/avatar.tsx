const COLOURS = 6;

/** The first letter of a name, on a colour that stays the name's own. */
export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  const colour = [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) as number), 0) % COLOURS;
  return (
    <span class={`avatar colour-${colour} ${large ? "large" : ""}`} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}
