/** Error as JSON, on its way between processes. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** Revives the error of another process or thread, with its name and stack. */
export function reviveError({ name, message, stack }: RemoteError): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== undefined && stack !== "") error.stack = stack;
  return error;
}
