export { seededRandom } from "./seeded-random.js";
export { settled, VirtualClock } from "./virtual-clock.js";
export { playWorld, type WorldOptions, type WorldReport } from "./world.js";
