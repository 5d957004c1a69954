# One build, four images: `docker build --target tracer-svc .`, or tracer-node, trace-indexer, span-api.
# They share every layer but the last few bytes, so four of them take hardly more room than one.
ARG NODE_IMAGE=node:20-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

# What runs in production, by the lockfile alone: a change of the sources does not touch this layer. The embedded
# database is an optional dependency; beside containers PostgreSQL is a service of its own.
FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY deploy/docker/slim-modules.mjs /tmp/
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && node /tmp/slim-modules.mjs node_modules

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm run --if-present build:web \
  && rm -rf dist/bench dist/.tsbuildinfo && find dist/apps dist/libs '(' -name '*.d.ts' -o -name '*.map' ')' -delete \
  && mkdir -p dist/web && chmod 755 dist/apps/tracer/src/main.js

# Node and nothing that could install something: no npm, no compiler.
FROM ${RUNTIME_IMAGE} AS runtime
COPY --from=modules /usr/local/bin/node /usr/local/bin/
# Traces are written by the agent (root) and read by the others; what is made below belongs to their group.
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --no-create-home --home-dir /nonexistent node \
  && mkdir -p /app /hooks /data && install -d -m 2775 -o root -g node /traces && chown node:node /data
WORKDIR /app
ENV NODE_ENV=production TRACE_DIR=/traces TRACER_DATA_DIR=/data
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY deploy/docker/healthcheck.mjs ./
COPY --from=build /app/dist/libs ./dist/libs
COPY --from=build /app/dist/apps ./dist/apps
RUN ln -s /app/dist/apps/tracer/src/main.js /usr/local/bin/tracer
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=6 CMD ["node", "/app/healthcheck.mjs"]

FROM runtime AS trace-indexer
ENV TRACER_INDEXER_BIND=0.0.0.0 TRACER_INDEXER_PORT=8082 TRACER_INDEX_DIR=/data/index
EXPOSE 8082
ENTRYPOINT ["node", "dist/apps/trace-indexer/src/main.js"]

FROM runtime AS span-api
ENV TRACER_SPAN_API_ADDRESS=:8263
EXPOSE 8263
ENTRYPOINT ["node", "dist/apps/span-api/src/main.js"]

# The kernel lets only root trace; which capabilities it needs is in docs/deploy.md.
FROM runtime AS tracer-node
USER 0:0
# Its state is root's own: it cannot write where others own the directory.
RUN mkdir -p /var/lib/tracer
ENV TRACER_API_ADDRESS=:8081 TRACER_HOOKS=/hooks TRACER_DATA_DIR=/var/lib/tracer
EXPOSE 8081
ENTRYPOINT ["node", "dist/apps/tracer-node/src/main.js"]

FROM runtime AS tracer-svc
COPY --from=build /app/dist/web ./dist/web
ENV TRACE_KUBE_API_ADDRESS=:8080
EXPOSE 8080
ENTRYPOINT ["node", "dist/apps/tracer-svc/src/main.js"]
