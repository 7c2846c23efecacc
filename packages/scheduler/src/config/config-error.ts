/** A configuration that cannot be; the message begins with the path of what is wrong in it. */
export class ConfigError extends TypeError {
  override readonly name = "ConfigError";
  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${reason}`, options);
  }
}
