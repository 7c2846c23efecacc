export { ALL_CHANNELS, type Channel, RECOMMENDED, readChannelIds, readChannels } from "./channel.js";
