/** Returns tags as a column holds them: before an element stands `,"`, which no tag holds after its quotes are escaped. */
export function tagColumn(tags: readonly string[]): string {
  return tags.map((tag) => `,${JSON.stringify(tag)}`).join("");
}
