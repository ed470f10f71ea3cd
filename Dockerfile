# A miner for a network of containers: `docker build -t tabchain .`, and its words are those of `tabchain miner`.

# Debian, not Alpine: the native WebRTC of the bridge is built for glibc.
FROM node:24-bookworm-slim AS build
WORKDIR /tabchain
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --include=optional --no-audit --no-fund
COPY . .
RUN node .config/bootstrap.mjs
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /tabchain
RUN mkdir /state && chown node:node /state
COPY --from=build /tabchain/package.json ./
COPY --from=build /tabchain/node_modules ./node_modules
COPY --from=build /tabchain/dist ./dist
USER node
EXPOSE 5000/udp 8080/tcp 8080/udp
ENTRYPOINT ["node", "dist/cli.js", "miner"]
