/** A job came before its time by the database's clock; the scheduler tries it again. */
export class NotDueYet extends Error {
  constructor(what: string, dueInMs: number) {
    super(`${what} is due in ${dueInMs} ms`);
    this.name = "NotDueYet";
  }
}
