import type { z } from "zod";

/** Signing secrets that stand in the public repository, or did: anybody can sign with them. */
const PUBLISHED: ReadonlySet<string> = new Set([
  "a signing secret for development only",
  "a tracking secret for development only",
  "the signing secret of the tests, long enough",
  "the tracking secret of the tests, long enough",
  "the signing secret of a simulation, long enough",
  "the tracking secret of a simulation, long enough",
  "the signing secret of the benchmark, long enough",
  "the tracking secret of the benchmark, long enough",
]);

/** Whether a secret is published, or as easy to guess: a short piece over and over. */
export function isPublishedSecret(text: string): boolean {
  return PUBLISHED.has(text.trim()) || /^(.{1,8}?)\1{3,}.{0,7}$/s.test(text.trim());
}

/** Whether a host is reached from its own machine alone. */
export function isLoopback(host: string): boolean {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}

/** `.superRefine(refusePublished(names, isOpen))`: a service that other machines reach has no secret that they can know. */
export function refusePublished<Name extends string, Environment extends { readonly [_ in Name]?: string | undefined }>(
  names: readonly Name[],
  isOpen: (environment: Environment) => boolean,
) {
  return (environment: Environment, context: z.RefinementCtx): void => {
    if (!isOpen(environment)) return;
    for (const name of names) {
      const value = environment[name];
      if (value === undefined || !isPublishedSecret(value)) continue;
      const message =
        "is published or easy to guess, and this service listens beyond loopback; make one: openssl rand -base64 48";
      context.addIssue({ code: "custom", path: [name], message });
    }
  };
}
