import { type ChannelCredentials, credentials, ServerCredentials } from "@grpc/grpc-js";

/** Authority, own certificate and its key, as PEM. */
interface Certificates {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Server credentials that require a client certificate signed by `ca`. */
export function mutualTls({ ca, certificate, key }: Certificates): ServerCredentials {
  return ServerCredentials.createSsl(ca, [{ cert_chain: certificate, private_key: key }], true);
}

/** Client credentials for such a server, whose own certificate must be signed by `ca` too. */
export function clientTls({ ca, certificate, key }: Certificates): ChannelCredentials {
  return credentials.createSsl(ca, key, certificate);
}
