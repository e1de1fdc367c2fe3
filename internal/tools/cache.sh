# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# Sourced by the other scripts of this folder: where tools are kept, and how they get there.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-pc
mkdir -p "$cache/tools"

say() { printf '%s\n' "$*" >&2; }

# tool FOLDER PACKAGE prints the path of a tool that internal/tools/FOLDER pins,
# after building it if the cache does not have that version yet. The cache is
# keyed by the lock file and the Go version, so that another clone finds it.
tool() {
  local folder=$1 package=$2 key binary
  key=$(cat "$root/internal/tools/$folder/go.sum" <(go env GOVERSION) | cksum | cut -d' ' -f1)
  binary=$cache/tools/$(basename "$package")-$key
  if [ ! -x "$binary" ]; then
    say "Building $(basename "$package") once; it is kept in $cache."
    (cd "$root/internal/tools/$folder" && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$binary.$$" "$package" && mv "$binary.$$" "$binary")
  fi
  printf '%s\n' "$binary"
}

# terraform_binary prints the path of a Terraform or OpenTofu: the one that
# TF_ACC_TERRAFORM_PATH names, one on PATH, or an OpenTofu that is built.
terraform_binary() {
  if [ -n "${TF_ACC_TERRAFORM_PATH:-}" ]; then
    printf '%s\n' "$TF_ACC_TERRAFORM_PATH"
  elif command -v terraform >/dev/null; then
    command -v terraform
  elif command -v tofu >/dev/null; then
    command -v tofu
  else
    tool opentofu github.com/opentofu/opentofu/cmd/tofu
  fi
}
