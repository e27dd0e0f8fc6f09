# syntax=docker/dockerfile:1
# The container image: `docker build -t kith .`. deploy/prove-image.sh checks its requirements.
ARG BASE=docker.io/library/debian:bookworm-slim

# The lines that pin the tools. Other changes to these files do not invalidate the layer with the tools.
FROM ${BASE} AS wanted
WORKDIR /wanted
COPY Cargo.toml Cargo.lock /all/
RUN grep '^rust-version' /all/Cargo.toml >Cargo.toml && grep -A 1 '^name = "wasm-bindgen"$' /all/Cargo.lock >Cargo.lock

FROM ${BASE} AS builder
ENV KITH_CACHE=/tools CARGO_TERM_COLOR=never
WORKDIR /kith
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY scripts scripts
COPY tools tools
COPY --from=wanted /wanted .
RUN scripts/setup.sh builder && rm -rf /var/lib/apt/lists/*
COPY . .
# The files for run time, where the binary expects them: bin/kith beside site/.
RUN --mount=type=cache,target=/root/.cargo/registry --mount=type=cache,target=/kith/target \
    rm -f target/.build-ended && \
    scripts/build.sh && \
    mkdir -p /built/bin && \
    cp target/release/kith target/release/hash.txt /built/bin/ && \
    cp -r target/site /built/site && \
    cp /etc/ssl/certs/ca-certificates.crt /built/

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Kith" \
      org.opencontainers.image.description="The users service of a social network: accounts, sign-in, profiles and the follow graph" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
COPY --from=builder /built/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=builder /built/bin /opt/kith/bin
COPY --from=builder /built/site /opt/kith/site
# The UID is unused on common systems. The service writes only pictures to its file system.
RUN groupadd --gid 10001 kith && \
    useradd --uid 10001 --gid kith --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin kith && \
    install -d -o kith -g kith -m 0750 /var/lib/kith /var/lib/kith/avatars
ENV PATH=/opt/kith/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LISTEN_ADDR=0.0.0.0:3000
USER 10001:10001
WORKDIR /opt/kith
VOLUME /var/lib/kith/avatars
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["kith", "health"]
ENTRYPOINT ["kith"]
CMD ["serve"]
