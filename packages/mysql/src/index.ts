export { isCut, isDuplicate, isGivenUp, isLocked } from "./failure.js";
export { inList } from "./in-list.js";
export { migrate } from "./migrate.js";
export type { ObserveMysql } from "./observe.js";
export { type Mysql, openMysql } from "./pool.js";
export type { Rows, Statements, Written } from "./statements.js";
export type { Transaction, TransactionOptions } from "./transaction.js";
export { waitForMysql } from "./wait-for-mysql.js";
