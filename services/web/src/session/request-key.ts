import { randomId } from "@headline/client";

/** Idempotency-Key of a form's request: the same for the same body until it is done, so that sending again is no second request. */
export class RequestKey {
  #body = "";
  #key = "";

  of(body: unknown): { readonly idempotencyKey: string } {
    const asText = JSON.stringify(body);
    if (this.#body !== asText) {
      this.#body = asText;
      this.#key = randomId();
    }
    return { idempotencyKey: this.#key };
  }

  /** The next request is another one, whatever its body. */
  done(): void {
    this.#body = "";
  }
}
