export { seededRandom } from "./seeded-random.js";
export { settled, VirtualClock } from "./virtual-clock.js";
