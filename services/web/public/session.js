import { Problem, send } from "./api.js";

const GUEST = "headline.guest";
const SIGNED_IN = "headline.signed-in";

/**
 * Who reads: a guest with an id the gateway gave, or somebody with tokens. Fires "change" when that becomes another, with
 * the Problem that made it so, if one did.
 */
class Session extends EventTarget {
  /** { userId, name, token, refreshToken } of whoever is signed in. */
  #reader = JSON.parse(localStorage.getItem(SIGNED_IN) ?? "null");
  #renewing;

  get reader() {
    return this.#reader;
  }

  /** A request in the reader's name; an expired token is renewed once. @throws Problem */
  async ask(path, options) {
    const reader = this.#reader;
    try {
      return await this.#send(path, options);
    } catch (problem) {
      if (problem.code !== "UNAUTHENTICATED" || reader === null) throw problem;
      await this.#renew();
      return await this.#send(path, options);
    }
  }

  async signIn(name, password) {
    const body = JSON.stringify({ name, password });
    const { data } = await send("/authorizations", { method: "POST", body });
    const { user_id: userId, token, refresh_token: refreshToken } = data;
    this.#become({ userId, name: data.name, token, refreshToken });
  }

  signOut() {
    this.#become(null);
  }

  async follow(authorId, following) {
    await this.ask(`/users/${authorId}/follow`, { method: following ? "PUT" : "DELETE" });
  }

  async #send(path, options) {
    const guest = localStorage.getItem(GUEST);
    const asGuest = guest === null ? undefined : `Anony ${guest}`;
    const authorization = this.#reader === null ? asGuest : `Bearer ${this.#reader.token}`;
    const { data, headers } = await send(path, { ...options, authorization });
    const given = headers.get("X-Anonymous-Id");
    if (given !== null) localStorage.setItem(GUEST, given);
    return data;
  }

  /** Once for all requests that wait for it. */
  #renew() {
    this.#renewing ??= this.#fetchToken().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #fetchToken() {
    try {
      const authorization = `Bearer ${this.#reader?.refreshToken}`;
      const { data } = await send("/authorizations", { method: "PUT", authorization });
      this.#keep({ ...this.#reader, token: data.token });
    } catch (problem) {
      if (problem.code !== "UNAUTHENTICATED") throw problem;
      const expired = new Problem({ message: problem.message, code: "SIGNED_OUT", request_id: problem.requestId });
      this.#become(null, expired);
      throw expired;
    }
  }

  #become(reader, why) {
    this.#keep(reader);
    this.dispatchEvent(new CustomEvent("change", { detail: why }));
  }

  #keep(reader) {
    this.#reader = reader;
    if (reader === null) localStorage.removeItem(SIGNED_IN);
    else localStorage.setItem(SIGNED_IN, JSON.stringify(reader));
  }
}

export const session = new Session();
