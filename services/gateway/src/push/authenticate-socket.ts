import type { WriteLimit } from "@headline/redis/limits";
import { Refusal } from "@headline/service/errors";
import { clientAddress } from "../http/client-address.js";
import type { AccessTokens } from "../users/access-tokens.js";
import { problemOf } from "./answering.js";
import type { LocalSockets } from "./local-sockets.js";
import type { PushServer } from "./push-events.js";
import { whoConnects } from "./handshake-identity.js";

interface Parts {
  readonly tokens: AccessTokens;
  readonly local: LocalSockets;
  readonly limit: WriteLimit;
  readonly trustProxy: number;
  readonly onBug: (error: unknown) => void;
}

export const SOCKETS_PER_USER_MAX = 10;

/** Finds out who connects; whoever may not is told why, in the words of HTTP. */
export function letIn({ tokens, local, limit, trustProxy, onBug }: Parts): Parameters<PushServer["use"]>[0] {
  return (socket, next) => {
    whoConnects(tokens, socket.handshake.auth)
      .then(async (who) => {
        await limit({ readerId: who.userId, address: clientAddress(socket.request, trustProxy) });
        if (local.countOf(who.userId) >= SOCKETS_PER_USER_MAX)
          throw new Refusal("RESOURCE_EXHAUSTED", `at most ${SOCKETS_PER_USER_MAX} connections a user`);
        Object.assign(socket.data, who);
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
