const SHOWN_MS = 3_000;

let timer;

/** Says something in passing, to eyes and to screen readers. */
export function toast(words) {
  const node = document.getElementById("toast");
  node.textContent = words;
  clearTimeout(timer);
  timer = setTimeout(() => node.replaceChildren(), SHOWN_MS);
}
