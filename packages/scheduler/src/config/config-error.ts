/** Thrown for an invalid configuration; the message begins with the path of the mistake. */
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
