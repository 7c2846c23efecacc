import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { eventually } from "./eventually.js";
import { muteServer } from "./mute-server.js";

describe("muteServer", () => {
  test("accepts, and never says a word", async () => {
    await using mute = await muteServer();
    const client = connect(mute.port, "127.0.0.1");
    let heard = 0;
    client.on("data", () => {
      heard += 1;
    });
    client.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await eventually(() => expect(mute.connections).toBe(1));
    await setTimeout(20);
    expect(heard).toBe(0);
    expect(client.readyState).toBe("open");
    client.destroy();
  });
});
