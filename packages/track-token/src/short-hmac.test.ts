import { createHmac } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ShortHmac } from "./short-hmac.js";

test("signs as node:crypto's HMAC does, whatever the key and the payload", () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes(200), fc.array(bytes(1_100), { minLength: 1, maxLength: 4 }), (secret, payloads) => {
      const hmac = new ShortHmac(secret);
      for (const payload of payloads)
        expect(hmac.sign(payload)).toBe(createHmac("sha256", secret).update(payload).digest("base64url"));
    }),
  );
});
