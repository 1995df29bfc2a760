#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs one part of all scenarios, each with its reports in DIR/NAME. Ends with the gravest exit status.
# Usage: SHARD=2/3 [LABEL=name] [FLAGS="..."] [HISTORY=FILE] ci/shard.sh DIR
set -u

if [ $# -ne 1 ] || [ -z "${SHARD:-}" ]; then
	echo "usage: SHARD=INDEX/COUNT [LABEL=name] [FLAGS=...] [HISTORY=FILE] ci/shard.sh DIR" >&2
	exit 2
fi
history=${HISTORY:-history/history.jsonl}

# The flags are words, none of which has spaces.
# shellcheck disable=SC2086
exec npm run --silent scenario -- --all --shard "$SHARD" --label "${LABEL:-}" --out "$1" \
	--history "$history" --retries 1 ${FLAGS:-}
