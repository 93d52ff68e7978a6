# One image for every process; docker-compose.yml chooses by its command.
FROM node:22-bookworm-slim AS build
WORKDIR /diya
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY . .
RUN npm run build && npm prune --no-save --omit=dev

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /diya
COPY --from=build /diya/package.json ./
COPY --from=build /diya/node_modules ./node_modules
COPY --from=build /diya/dist ./dist
COPY --from=build /diya/deploy/prepare-temporal.mjs ./deploy/
USER node
CMD ["node", "--enable-source-maps", "dist/api/server.js"]
