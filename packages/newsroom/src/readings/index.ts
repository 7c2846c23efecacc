export { clearReadings, removeReading } from "./remove-readings.js";
