#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# For a job in a container, before all that uses the cache: later steps keep it in the workspace, where actions/cache looks,
# and git takes the workspace for its own, whoever owns it. In an expression, github.workspace would be a path outside of the
# container.
set -eu

echo "XDG_CACHE_HOME=$GITHUB_WORKSPACE/.cache" >>"$GITHUB_ENV"
git config --global --add safe.directory "$GITHUB_WORKSPACE"
