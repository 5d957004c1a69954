# One build, one image for all apps: the command says which one runs (see docker-compose.yml).
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded database is an optional dependency; in containers PostgreSQL is a service of its own.
RUN npm ci --no-audit --no-fund --omit=optional --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --omit=optional --no-audit --no-fund --ignore-scripts

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json ./
RUN mkdir -p /traces /data && chown node:node /traces /data
USER node
CMD ["node", "dist/apps/tracer-svc/src/main.js"]
