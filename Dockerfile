# One image, two roles: `webhook` and `controller`. `docker build -t ghcr.io/quorate/quorate:0.1.0 .` is all it takes;
# `node --import tsx tools/image.ts` builds this same file with buildah on base images made from Debian and npm packages.
#
# Behind a registry mirror or a company's certificate authority, name them as build secrets; neither gets into a layer:
#   docker build --secret id=npmrc,src=$HOME/.npmrc --secret id=ca,src=ca.pem .      (.npmrc: cafile=/run/secrets/ca)
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    npm ci --ignore-scripts
COPY . .
RUN node tools/bundle.mjs --output /quorate

# glibc, libstdc++, certificates and the user 65532; no shell, no package manager, no npm.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /quorate /quorate
ENV NODE_ENV=production
USER 65532:65532
WORKDIR /
# DEP0040 is a deprecation inside a library: it would stand, as plain text, before the first line of a JSON log.
ENTRYPOINT ["/usr/local/bin/node", "--disable-warning=DEP0040", "/quorate/bin/main.cjs"]
