#!/usr/bin/env bash
# Installs the S3 servers that tests run against, where they are missing: MinIO, versitygw, and toxiproxy for the
# network in between. They are built from source, by Go. Each is pinned, so that no test fails for a newer server.
set -euo pipefail

folder="${STEDI_S3_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/stedi-s3}"
mkdir -p "$folder"

need() {
  local name="$1" package="$2"
  # Beside the program stands what it was built from.
  if [ -x "$folder/$name" ] && [ "$(cat "$folder/$name.from" 2>/dev/null)" = "$package" ]; then return; fi
  command -v go >/dev/null || {
    echo "test/s3/install.sh: $name is built by Go, and there is no \`go\`: see https://go.dev/dl" >&2
    exit 1
  }
  echo "building $package"
  local built
  built="$(mktemp -d "$folder/build-XXXXXX")"
  GOBIN="$built" go install "$package" || { rm -rf "$built"; exit 1; }
  # By a rename: a server that is running, or another install, is not disturbed.
  mv "$built"/* "$folder/$name"
  echo "$package" >"$folder/$name.from"
  rm -rf "$built"
}

need minio github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
need versitygw github.com/versity/versitygw/cmd/versitygw@v1.8.0
need toxiproxy github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0
