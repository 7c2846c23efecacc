import { readFileSync } from "node:fs";
import { clientTls, HealingChannel } from "@headline/grpc";

/** Asks a recommender for its health, over TLS where TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE are given. */
export function isServing(address: string, timeoutMs: number): Promise<boolean> {
  const { TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE, TLS_SERVER_NAME: serverName } = process.env;
  const [ca, certificate, key] = [read(TLS_CA_FILE), read(TLS_CERT_FILE), read(TLS_KEY_FILE)];
  const credentials = ca && certificate && key ? clientTls({ ca, certificate, key }) : undefined;
  const channel = new HealingChannel({ address, credentials, serverName }, () => undefined);
  return channel.check("UserRecommend", { timeoutMs });
}

function read(file: string | undefined): Buffer | undefined {
  return file ? readFileSync(file) : undefined;
}
