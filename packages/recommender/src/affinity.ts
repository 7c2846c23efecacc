/** Stream to a backend, as the choice between several sees it. */
export interface Choice {
  /** Hash of the backend, equal in every client. */
  readonly peerHash: number;
  /** Calls in flight. */
  readonly load: number;
}

/** Upper bound of a stream's load, as a multiple of the mean. */
const LOAD_FACTOR = 1.25;
/** Calls in flight below which a stream is never too busy for its readers. */
const LOAD_MIN = 16;
/** Anonymous readers have no history that a backend could cache. */
const ANONYMOUS = 0n;

/**
 * Chooses the reader's backend among `choices` by rendezvous hashing (Thaler and Ravishankar 1998): all clients agree, and a backend
 * that leaves moves only its own readers. A stream above 1.25 times the mean load is skipped for the next (consistent hashing with
 * bounded loads, Mirrokni et al. 2018). Undefined without choices.
 */
export function chooseByReader<T extends Choice>(userId: bigint, choices: readonly T[]): T | undefined {
  if (userId === ANONYMOUS) return leastLoaded(choices);
  const loadMax = boundOf(choices);
  const reader = Number(BigInt.asUintN(32, userId ^ (userId >> 32n)));
  let best: T | undefined;
  let most = -1;
  for (const choice of choices) {
    if (choice.load >= loadMax) continue;
    const weight = mixed(reader ^ choice.peerHash);
    if (weight <= most) continue;
    most = weight;
    best = choice;
  }
  return best;
}

function boundOf(choices: readonly Choice[]): number {
  let load = 1;
  for (const choice of choices) load += choice.load;
  return Math.max(LOAD_MIN, Math.ceil((LOAD_FACTOR * load) / choices.length));
}

function leastLoaded<T extends Choice>(choices: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const choice of choices) if (best === undefined || choice.load < best.load) best = choice;
  return best;
}

/** FNV-1a, 32 bits, of a backend's address. */
export function peerHashOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < address.length; at++) hash = Math.imul(hash ^ address.charCodeAt(at), 0x01000193);
  return hash | 0;
}

/** The finalizer of MurmurHash3, as an unsigned number. */
function mixed(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
