/** The caller: a user with tokens, a guest with an id, or neither yet. Store it for the next start. */
export interface Session {
  readonly userId?: string | undefined;
  /** Name of the user. */
  readonly name?: string | undefined;
  readonly token?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly anonymousId?: string | undefined;
}

/** The current session and its listener. */
export class SessionState {
  #session: Session;

  constructor(
    session: Session,
    private readonly onSession: (session: Session) => void,
  ) {
    this.#session = session;
  }

  get session(): Session {
    return this.#session;
  }

  replace(session: Session): void {
    this.#session = session;
  }

  change(session: Session): void {
    this.replace(session);
    this.onSession(session);
  }

  /** The header that says who calls. */
  get authorization(): string | undefined {
    const { token, anonymousId } = this.#session;
    if (token !== undefined) return `Bearer ${token}`;
    return anonymousId === undefined ? undefined : `Anony ${anonymousId}`;
  }
}
