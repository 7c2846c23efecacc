import { randomId } from "../api/random-id.js";

/** Makes the Idempotency-Key of a form's request: the same for the same body until it is done, so that sending again is no second one. */
export class RequestKey {
  #body = "";
  #key = "";

  headersFor(body: unknown): Readonly<Record<string, string>> {
    const asText = JSON.stringify(body);
    if (this.#body !== asText) {
      this.#body = asText;
      this.#key = randomId();
    }
    return { "Idempotency-Key": this.#key };
  }

  /** The next request is another one, whatever it says. */
  done(): void {
    this.#body = "";
  }
}
