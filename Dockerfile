# The image: docker build -t timelapser-logs . ; docs/install.md has the rest. Any Debian or Ubuntu with Node 22.18 or newer
# and npm can be the base; the built-in PostgreSQL is made for glibc.
ARG BASE=docker.io/library/node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
# The packages first: they are installed again only when the lock file changed.
COPY package.json package-lock.json .npmrc ./
COPY logger/package.json logger/
COPY server/package.json server/
COPY server/bin server/bin
COPY web/package.json web/
RUN npm ci
COPY . .
RUN node scripts/assemble.mjs /out

FROM ${BASE}
# PostgreSQL asks for the name of its user: a number alone does not do. The folder's owner becomes that of a new volume.
RUN groupadd --system --gid 10001 timelapser-logs \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin timelapser-logs \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data \
 && ln -s /opt/timelapser-logs/bin/timelapser-logs /usr/local/bin/timelapser-logs
COPY --from=build /out /opt/timelapser-logs
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 4700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["node", "/opt/timelapser-logs/server/bin/healthcheck.mjs"]
ENTRYPOINT ["timelapser-logs"]
CMD ["serve"]
