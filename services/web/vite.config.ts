import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/** Where `npm run dev -w @headline/web` finds a gateway. */
const GATEWAY = process.env["GATEWAY_URL"] ?? "http://127.0.0.1:3000";
const API =
  "^/(articles|authorizations|channels|covers|events|notifications|orders|pages|promotion-days|socket.io|users)(/|\\?|$)";

export default defineConfig({
  base: "/",
  resolve: { conditions: ["headline-source", ...defaultClientConditions] }, // the workspace's packages, built or not
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // the Content-Security-Policy knows no data: scripts or styles
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  plugins: [compressed()],
  server: { proxy: { [API]: { target: GATEWAY, ws: true } } },
});

/** Writes each script and stylesheet again as .br and .gz, so that the gateway compresses nothing while it serves. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir, build.assetsDir);
    },
    closeBundle: () => {
      for (const name of readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))) {
        const bytes = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
