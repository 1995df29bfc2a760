#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs one part of all scenarios on one of the kernels in ci/kernels.txt, each with its reports in DIR/NAME, and a bundle
# with which others see the same. Ends with the gravest exit status.
#
# A scenario that does not pass is run a second time, which tells a reader how often it happens. It does not make the night
# pass: what this lab looks for are races, and one that was seen once is there.
#
# A scenario that is skipped, and is not among those that ci/expected-skips has for the kernel, is missing: 125.
#
# Usage: SHARD=2/3 [KERNEL=label] [LABEL=name] [SCENARIOS="smoke faults"] [FLAGS="..."] [HISTORY=FILE] ci/shard.sh DIR
set -u

if [ $# -ne 1 ] || [ -z "${SHARD:-}" ]; then
	echo "usage: SHARD=INDEX/COUNT [KERNEL=label] [LABEL=name] [SCENARIOS=...] [FLAGS=...] [HISTORY=FILE] ci/shard.sh DIR" >&2
	exit 2
fi
kernel=${KERNEL:-pinned}
here=$(dirname "$0")
if ! flags=$(bash "$here/kernel-flags.sh" "$kernel") || ! skips=$(bash "$here/expected-skips.sh" "$kernel"); then
	exit 2
fi

# Names and flags are words, none of which has spaces.
# shellcheck disable=SC2086
exec npm run --silent scenario -- ${SCENARIOS:---all} --expect-skips="$skips" --shard "$SHARD" --label "${LABEL:-$kernel}" --out "$1" \
	--history "${HISTORY:-history/history.jsonl}" --retries 1 --fail-on-flaky --bundle $flags ${FLAGS:-}
