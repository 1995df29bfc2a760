#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds what the scenarios need, with one of the kernels in ci/kernels.txt, and shows by the smoke scenario that it boots.
# Usage: [KERNEL=label] ci/provision.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: [KERNEL=label] ci/provision.sh DIR" >&2
	exit 2
fi
if ! flags=$(bash "$(dirname "$0")/kernel-flags.sh" "${KERNEL:-pinned}"); then
	exit 2
fi

# The flags are words, none of which has spaces. Of this run no history is kept: the same scenario is part of the night.
# shellcheck disable=SC2086
exec npm run --silent scenario smoke -- --out "$1" --history "$1/history.jsonl" --retries 1 $flags ${FLAGS:-}
