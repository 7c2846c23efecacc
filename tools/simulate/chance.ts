/** A number in [0, 1) about something, such as `chance("click", reader, article)`. */
export type Chance = (about: string, ...of: readonly number[]) => number;

/** Numbers that depend on the seed and the arguments alone: in which order answers come changes nothing. */
export function createChance(seed: number): Chance {
  return (about, ...of) => {
    let state = mix(seed ^ hashOf(about));
    for (const value of of) state = mix(state ^ value);
    return state / 4_294_967_296;
  };
}

/** About the standard normal distribution: the sum of twelve uniform numbers, less six. */
export function normal(chance: Chance, about: string, ...of: readonly number[]): number {
  let sum = -6;
  for (let draw = 0; draw < 12; draw += 1) sum += chance(about, ...of, draw);
  return sum;
}

/** Another order for each chance; the first items are a fair choice of all. */
export function shuffledBy<Item>(items: readonly Item[], chance: Chance, about: string, of: number): Item[] {
  return items
    .map((item, index) => ({ item, place: chance(about, of, index) }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** 32 bits of a text (FNV-1a). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The finalizer of MurmurHash3, after a step so that zero does not stay zero. */
function mix(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
