# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# Functions for the other scripts of this folder: the tools in the user's cache,
# the Terraform binary and a clean environment.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-pc
mkdir -p "$cache/tools"

log() { printf '%s\n' "$@" >&2; }

# build_tool FOLDER PACKAGE [LDFLAGS] prints the path of the tool that
# internal/tools/FOLDER pins. If the cache does not contain this version yet, it
# builds the tool first. The key of the cache is made of the module files, the
# folder's own code and the Go version, so that all clones share a binary.
build_tool() {
  local folder=$root/internal/tools/$1 package=$2 ldflags="-s -w ${3:-}" name key binary
  name=$(basename "${package%/v[0-9]}")
  key=$(find "$folder" -name '*.go' -exec cat {} + | cat "$folder/go.mod" "$folder/go.sum" - <(go env GOVERSION) | cksum | cut -d' ' -f1)
  binary=$cache/tools/$name-$key
  if [ ! -x "$binary" ]; then
    log "Building $name ($1). This takes minutes, but only once: the binary stays in $cache."
    # Build next to the final path and move, so that an interrupted build leaves no partial binary.
    (cd "$folder" && CGO_ENABLED=0 go build -trimpath -ldflags="$ldflags" -o "$binary.$$" "$package" && mv "$binary.$$" "$binary")
  fi
  printf '%s\n' "$binary"
}

# Without version.dev=no both engines report a pre-release, which version
# constraints exclude.
build_opentofu() { build_tool "$1" github.com/opentofu/opentofu/cmd/tofu "-X github.com/opentofu/opentofu/version.dev=no"; }
build_terraform() { build_tool "$1" github.com/hashicorp/terraform "-X github.com/hashicorp/terraform/version.dev=no"; }

build_goreleaser() { build_tool goreleaser github.com/goreleaser/goreleaser/v2 "-X main.version=$(goreleaser_version)"; }

goreleaser_version() { sed -n 's|.*github.com/goreleaser/goreleaser/v2 v\([^ ]*\).*|\1|p' "$root/internal/tools/goreleaser/go.mod"; }

# terraform_binary prints the path of a Terraform or OpenTofu: the one in
# TF_ACC_TERRAFORM_PATH, else the one on PATH, else an OpenTofu that it builds.
terraform_binary() {
  if [ -n "${TF_ACC_TERRAFORM_PATH:-}" ]; then
    printf '%s\n' "$TF_ACC_TERRAFORM_PATH"
  elif command -v terraform >/dev/null; then
    command -v terraform
  elif command -v tofu >/dev/null; then
    command -v tofu
  else
    build_opentofu opentofu
  fi
}

# newest_terraform prints the path of a Terraform that has list resources and
# actions (1.14 or later): the one that terraform_binary finds if it is new enough,
# else 1.15, which it builds.
newest_terraform() {
  local binary=${TF_ACC_TERRAFORM_PATH:-}
  [ -n "$binary" ] || binary=$(command -v terraform || true)
  if [ -n "$binary" ] && is_terraform_at_least "$binary" 1 14; then
    printf '%s\n' "$binary"
  else
    build_terraform terraform115
  fi
}

# engine_version prints the first line of the version, for example
# "Terraform v1.11.4".
engine_version() {
  local output
  # Read all of the output first: closing the pipe early would fail the command.
  output=$(TF_CLI_CONFIG_FILE=/dev/null TF_LOG='' CHECKPOINT_DISABLE=1 "$1" version)
  grep -m 1 -E '^(Terraform|OpenTofu) v' <<<"$output"
}

# is_opentofu BINARY succeeds for an OpenTofu, whatever the binary's name.
is_opentofu() { [[ "$(engine_version "$1")" == OpenTofu* ]]; }

# is_terraform_at_least BINARY MAJOR MINOR succeeds for a Terraform of this
# version or later, and fails for an OpenTofu.
is_terraform_at_least() {
  local version
  version=$(engine_version "$1")
  [[ "$version" =~ ^Terraform\ v([0-9]+)\.([0-9]+) ]] &&
    ((BASH_REMATCH[1] > $2 || (BASH_REMATCH[1] == $2 && BASH_REMATCH[2] >= $3)))
}

# unset_settings removes the user's own settings of providers, Dask clients and
# Terraform from the environment, so that no test or demo reaches the user's
# servers.
unset_settings() {
  local name
  for name in $(compgen -e); do
    case $name in
      TF_ACC_TERRAFORM_PATH | TF_LOG | TF_LOG_PATH | TF_LOG_PROVIDER | TF_ACC_LOG*) ;;
      PC_* | DASK_* | JUPYTERHUB_* | TF_*) unset "$name" ;;
    esac
  done
}
