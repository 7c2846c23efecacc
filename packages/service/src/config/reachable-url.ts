/** The http URL of a port where a server listens on `host`, with an address to connect to. */
export function reachableUrl(host: string, port: number | string): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
