import { type ChannelCredentials, credentials, ServerCredentials } from "@grpc/grpc-js";

/** PEM: whom we trust, who we are, and the proof. */
interface Certificates {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Server credentials that ask every client for a certificate which `ca` signed. */
export function mutualTls({ ca, certificate, key }: Certificates): ServerCredentials {
  return ServerCredentials.createSsl(ca, [{ cert_chain: certificate, private_key: key }], true);
}

/** What a client shows such a server; the server's own certificate has to be signed by `ca` too. */
export function clientTls({ ca, certificate, key }: Certificates): ChannelCredentials {
  return credentials.createSsl(ca, key, certificate);
}
