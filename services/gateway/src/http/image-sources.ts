/** The `img-src` of a page that shows covers: this site's, and those of the other sites named. */
export function imageSources(coverOrigins: readonly string[]): string {
  return ["img-src 'self' data:", ...coverOrigins].join(" ");
}
