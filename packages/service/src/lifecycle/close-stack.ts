/** Open resources, closed in reverse: AsyncDisposableStack, which Node 20 does not have. */
export class CloseStack implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  /** Takes over `resource` and returns it. */
  use<Resource extends AsyncDisposable>(resource: Resource): Resource {
    this.#closers.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes everything, whatever fails on the way; throws the first failure at the end. Closing again does nothing. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
