import { z } from "zod";

const pem = z
  .string()
  .refine((text) => text.includes("-----BEGIN"), { error: "must be PEM" })
  .optional();

/**
 * The variables of a service that proves who it is: the authority's certificate, its own, and its key, all PEM. Usually as
 * TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE.
 */
export const TLS_VARIABLES = { TLS_CA: pem, TLS_CERT: pem, TLS_KEY: pem };

type TlsVariables = { readonly [Name in keyof typeof TLS_VARIABLES]?: string | undefined };

/** Certificate authority, certificate and key, in PEM. */
export interface Tls {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** `.refine(isWholeTls, WHOLE_TLS)`: a service with half of it would be one without. */
export function isWholeTls({ TLS_CA, TLS_CERT, TLS_KEY }: TlsVariables): boolean {
  const given = [TLS_CA, TLS_CERT, TLS_KEY].filter((part) => part !== undefined).length;
  return given === 0 || given === 3;
}

/** Error of a refinement by `isWholeTls`. */
export const WHOLE_TLS = { path: ["TLS_CA"], error: "TLS_CA, TLS_CERT and TLS_KEY are needed together" };

/** Certificate and key of a service, where it has them. */
export function tlsOf({ TLS_CA: ca, TLS_CERT: certificate, TLS_KEY: key }: TlsVariables): Tls | undefined {
  if (ca === undefined || certificate === undefined || key === undefined) return undefined;
  return { ca: Buffer.from(ca), certificate: Buffer.from(certificate), key: Buffer.from(key) };
}
