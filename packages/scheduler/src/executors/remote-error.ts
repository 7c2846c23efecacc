/** An error as it travels between processes. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** An error that happened in another process or thread, with the name and the stack it had there. */
export function reviveError({ name, message, stack }: RemoteError): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== undefined && stack !== "") error.stack = stack;
  return error;
}
