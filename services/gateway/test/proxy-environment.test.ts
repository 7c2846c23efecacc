import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { CloseStack } from "@headline/service/lifecycle";
import { eventually } from "@headline/testkit";
import { afterAll, expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { client, openWorld } from "./open-world.js";
import { startGatewayProcess } from "./service-process.js";

const PROXIES = ["http_proxy", "https_proxy", "grpc_proxy", "all_proxy"];

const resources = new CloseStack();
afterAll(() => resources.close());

test("a proxy in the environment catches neither keys of an issuer nor spans, whatever no_proxy says", async () => {
  const world = resources.use(await openWorld());
  await world.addUser("alice");
  await world.addArticles(5);
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const issuer = await serve((_req, res) => {
    res.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  let spans = "";
  const collector = await serve(async (req, res) => {
    for await (const chunk of req) spans += chunk;
    res.setHeader("content-type", "application/json").end("{}");
  });
  let caught = 0;
  const proxy = await listening(
    createTcpServer((socket) => {
      caught += 1;
      socket.destroy();
    }),
  );
  const recommendation = await world.openRecommendation();
  const names = PROXIES.flatMap((name) => [name, name.toUpperCase()]);
  const gateway = resources.use(
    await startGatewayProcess(world, {
      recommenderAddress: recommendation.address,
      env: {
        ...Object.fromEntries(names.map((name) => [name, proxy])),
        no_proxy: "example.com",
        NO_PROXY: "example.com",
        JWKS_URL: `${issuer}/jwks.json`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector,
      },
    }),
  );
  const token = await new SignJWT({ iss: "headline", aud: "headline", sub: "1", exp: Date.now() / 1_000 + 600 })
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "k1" })
    .sign(privateKey);
  const alice = client(gateway, `Bearer ${token}`);
  await eventually(async () => expect((await alice.get("/users/me")).status).toBe(200));
  await eventually(async () => {
    expect((await alice.get("/articles?channel_id=0")).body.data?.degraded).toBe(false);
  });
  await eventually(() => expect(spans).toContain("headline-gateway"));
  expect(caught).toBe(0);
});

function serve(listener: RequestListener): Promise<string> {
  return listening(createServer(listener));
}

/** The address of a server that ends with the test. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  resources.defer(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
