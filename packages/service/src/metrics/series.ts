/** A metric's values at a scrape, as prom-client's registry writes them. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/**
 * One child for each combination of label values, made once and then held by who counts: prom-client looks the combination up
 * at every observation, which costs half a microsecond each, and a page of the feed makes a dozen.
 */
export class Series<Child> {
  readonly #children = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly child: Child }>();

  constructor(
    private readonly names: readonly string[],
    private readonly make: () => Child,
  ) {
    if (names.length === 0) this.of();
  }

  /** The child with these label values, in the order of the label names. */
  of(...values: readonly string[]): Child {
    const key = values.join("\u0000");
    const known = this.#children.get(key);
    if (known !== undefined) return known.child;
    if (values.length !== this.names.length) throw new RangeError(`needs ${this.names.join(", ") || "no labels"}`);
    const labels = Object.fromEntries(this.names.map((name, index) => [name, values[index] as string]));
    const child = this.make();
    this.#children.set(key, { labels, child });
    return child;
  }

  samples(read: (child: Child, labels: Readonly<Record<string, string>>) => readonly Sample[]): Sample[] {
    return [...this.#children.values()].flatMap(({ labels, child }) => read(child, labels));
  }
}
