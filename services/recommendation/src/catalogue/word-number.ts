/**
 * The number of a word: 32 bits of a hash of its letters (FNV-1a, then MurmurHash3's last step). So it is the same in every
 * process and after every restart, and is never given to another word; of 200,000 words five or so share theirs.
 */
export function wordNumber(word: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < word.length; index += 1) bits = Math.imul(bits ^ word.charCodeAt(index), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
