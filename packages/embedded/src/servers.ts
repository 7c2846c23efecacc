/** Command that starts a server: `command` under the name `argv0`, with `env` added to the environment. */
export interface ServerCommand {
  readonly command: string;
  readonly argv0?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface MariaDbCommand extends ServerCommand {
  /** Holds the SQL of the system tables, the error messages and the character sets. */
  readonly shareDir: string;
}

export interface Servers {
  readonly redis: ServerCommand;
  readonly mariadb: MariaDbCommand;
}

export type ServerName = keyof Servers;
