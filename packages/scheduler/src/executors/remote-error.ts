/** An error as it travels between processes. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** What was thrown, whatever it was, as it travels. */
export function describeError(thrown: unknown): RemoteError & { readonly stack: string } {
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    const { name = "Error", message, stack } = thrown as { name?: unknown; message: unknown; stack?: unknown };
    return { name: String(name), message: String(message), stack: String(stack ?? `${name}: ${message}`) };
  }
  return { name: "Error", message: String(thrown), stack: `Error: ${String(thrown)}` };
}

/** An error that happened in another process or thread, with the name and the stack it had there. */
export function reviveError({ name, message, stack }: RemoteError): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  if (stack !== undefined && stack !== "") error.stack = stack;
  return error;
}
