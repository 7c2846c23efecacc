# One image per process:  docker build --target recommendation|gateway|jobs|setup .
# `docker compose up` builds and starts all of them; see docker-compose.yml and docs/deployment.md.

FROM node:24-bookworm-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df AS base
ENV TURBO_TELEMETRY_DISABLED=1
WORKDIR /app

# The part of the workspace that the services are made of: out/json to install from, out/full to build.
FROM base AS pruned
COPY . .
RUN npx --yes turbo@2.11.9 prune @headline/recommendation @headline/gateway @headline/jobs @headline/web @headline/tools --docker

FROM base AS build
COPY --from=pruned /app/out/json/ /app/.npmrc ./
RUN npm ci
COPY --from=pruned /app/out/full/ ./
COPY --from=pruned /app/tsconfig.base.json ./
RUN npx turbo run build

# Runs once before the services: the schema, and the sample where there is nothing to read yet.
FROM build AS setup
COPY packages/newsroom/migrations packages/newsroom/migrations
COPY sample sample
USER 65534
CMD ["node", "tools/dist/setup.js"]

# What runs: no tools, no sources, no tests.
FROM build AS production
RUN npm prune --omit=dev && \
    find packages services -mindepth 2 -maxdepth 2 ! -name dist ! -name package.json ! -name node_modules -exec rm -rf {} + && \
    find packages services -name node_modules -prune -o \( -name '*.map' -o -name '*.d.ts' \) -exec rm -f {} +

FROM base AS runtime
ENV NODE_ENV=production
COPY --from=production /app/node_modules node_modules
COPY --from=production /app/packages packages
COPY --from=production /app/services services
COPY --from=production /app/package.json ./
COPY --from=build /app/tools/dist tools/dist
USER 65534
STOPSIGNAL SIGTERM

FROM runtime AS recommendation
EXPOSE 50051
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["node", "tools/dist/healthcheck.js", "grpc://127.0.0.1:50051"]
CMD ["node", "services/recommendation/dist/main.js"]

FROM runtime AS jobs
EXPOSE 3001
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["node", "tools/dist/healthcheck.js", "http://127.0.0.1:3001/readyz"]
CMD ["node", "services/jobs/dist/main.js"]

FROM runtime AS gateway
COPY sample/public sample/public
ENV ASSETS=services/web/dist:sample/public
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["node", "tools/dist/healthcheck.js", "http://127.0.0.1:3000/readyz"]
CMD ["node", "--max-semi-space-size=64", "services/gateway/dist/main.js"]
