/** Elements that are made while they are written. */
export class Made<Item> {
  constructor(
    readonly length: number,
    readonly at: (index: number) => Item,
  ) {}
}
