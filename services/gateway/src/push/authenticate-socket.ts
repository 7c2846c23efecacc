import type { WriteLimit } from "@headline/redis/limits";
import { Refusal } from "@headline/service/errors";
import { clientAddress } from "../http/client-address.js";
import type { AccessTokens } from "../users/access-tokens.js";
import { problemOf } from "./answering.js";
import { handshakeIdentity } from "./handshake-identity.js";
import type { LocalSockets } from "./local-sockets.js";
import type { PushServer } from "./push-events.js";

interface Deps {
  readonly tokens: AccessTokens;
  readonly local: LocalSockets;
  readonly limit: WriteLimit;
  readonly trustProxy: number;
  readonly onBug: (error: unknown) => void;
}

export const SOCKETS_PER_USER_MAX = 10;

/** Authenticates the handshake; rejects with a problem code of HTTP. */
export function authenticateSocket({
  tokens,
  local,
  limit,
  trustProxy,
  onBug,
}: Deps): Parameters<PushServer["use"]>[0] {
  return (socket, next) => {
    handshakeIdentity(tokens, socket.handshake.auth)
      .then(async (identity) => {
        await limit({ readerId: identity.userId, address: clientAddress(socket.request, trustProxy) });
        if (local.countOf(identity.userId) >= SOCKETS_PER_USER_MAX)
          throw new Refusal("RESOURCE_EXHAUSTED", `at most ${SOCKETS_PER_USER_MAX} connections a user`);
        Object.assign(socket.data, identity);
      })
      .then(
        () => next(),
        (error) => {
          const problem = problemOf(error, onBug);
          next(Object.assign(new Error(problem.message), { data: problem }));
        },
      );
  };
}
