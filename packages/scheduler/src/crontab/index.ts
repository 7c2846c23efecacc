export { type CrontabOptions, crontab } from "../triggers/crontab.js";
export {
  type AppliedCrontab,
  type ApplyCrontabOptions,
  applyCrontab,
  registerCrontab,
  removeCrontab,
} from "./apply-crontab.js";
export { type CrontabEntry, CrontabError, type CrontabNote } from "./crontab-entry.js";
export { type CrontabTable, installTable, readTable, readTables, removeTable } from "./crontab-table.js";
export { type FormatCrontabOptions, formatCrontab, type WrittenEntry } from "./format-crontab.js";
export { type ParseCrontabOptions, type ParsedCrontab, parseCrontab } from "./parse-crontab.js";
export { COMMAND_TASK, CommandFailedError, type CommandResult, type CommandSpec, commandTask } from "./run-command.js";
