# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# Sourced by the other scripts of this folder: where tools are kept, and how they get there.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/terraform-provider-pc
mkdir -p "$cache/tools"

say() { printf '%s\n' "$@" >&2; }

# tool FOLDER PACKAGE [LDFLAGS] prints the path of a tool that
# internal/tools/FOLDER pins, after building it if the cache does not have that
# version yet. The cache is keyed by the module files, the folder's own code if
# there is any, and the Go version, so that another clone finds it.
tool() {
  local folder=$root/internal/tools/$1 package=$2 ldflags="-s -w ${3:-}" name key binary
  name=$(basename "${package%/v[0-9]}")
  key=$(find "$folder" -name '*.go' -exec cat {} + | cat "$folder/go.mod" "$folder/go.sum" - <(go env GOVERSION) | cksum | cut -d' ' -f1)
  binary=$cache/tools/$name-$key
  if [ ! -x "$binary" ]; then
    say "Building $name once, which takes minutes; it is kept in $cache."
    # Built beside its place and then moved, so that an interrupted build leaves no half of it.
    (cd "$folder" && CGO_ENABLED=0 go build -trimpath -ldflags="$ldflags" -o "$binary.$$" "$package" && mv "$binary.$$" "$binary")
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
    # Without the flag it takes itself for a pre-release, which version constraints leave out.
    tool opentofu github.com/opentofu/opentofu/cmd/tofu "-X github.com/opentofu/opentofu/version.dev=no"
  fi
}

# is_opentofu says whether a binary is OpenTofu, whatever its name is.
is_opentofu() {
  # All of the output is read: a pipe closed early would fail the command.
  [[ "$(TF_CLI_CONFIG_FILE=/dev/null TF_LOG='' CHECKPOINT_DISABLE=1 "$1" version)" == OpenTofu* ]]
}

# forget_settings takes out of the environment what a person has set for a
# provider, a Dask client or a Terraform of their own: it would send what is done
# here to their servers.
forget_settings() {
  local name
  for name in $(compgen -e); do
    case $name in
      TF_ACC_TERRAFORM_PATH | TF_LOG | TF_LOG_PATH | TF_LOG_PROVIDER | TF_ACC_LOG*) ;;
      PC_* | DASK_* | JUPYTERHUB_* | TF_*) unset "$name" ;;
    esac
  done
}
