# opencode-rs in a container, for CI and for trying it out. The engine is downloaded on the first run and kept in a volume:
#
#     docker build --tag opencode-rs .
#     docker run --rm -it --volume opencode-rs:/home/agent --volume "$PWD:/work" opencode-rs --rehearse "Say hello"
#
# A user of another number than 1000 owns the files of /work: `docker build --build-arg UID="$(id -u)" …`.

FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /source
COPY Cargo.toml Cargo.lock LICENSE README.md ./
COPY .cargo .cargo
COPY src src
# A target that is only built has to be there too.
RUN mkdir tests benches && touch tests/main.rs benches/main.rs \
    && cargo build --locked --profile dist --bin opencode-rs

FROM debian:stable-slim
# What the engine and the model's commands need. tini reaps processes that nobody waits for.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git ripgrep tini \
    && rm -rf /var/lib/apt/lists/*
ARG UID=1000
RUN useradd --uid "$UID" --create-home agent
COPY --from=build /source/target/dist/opencode-rs /usr/local/bin/
USER agent
# Engine, settings, logins and sessions.
VOLUME /home/agent
WORKDIR /work
ENTRYPOINT ["tini", "--", "opencode-rs"]
