#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs every scenario, each with its reports in DIR/NAME, and fails if one of them did not pass.
# Usage: ci/all-scenarios.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: ci/all-scenarios.sh DIR" >&2
	exit 2
fi
out=$1
cd "$(dirname "$0")/.." || exit 125

worst=0
for file in scenarios/*.yaml; do
	name=$(basename "$file" .yaml)
	echo "== $name"
	npm run --silent scenario "$name" -- --out "$out/$name"
	status=$?
	# 125 (could not be judged) outweighs 1 (failed): a night that judged nothing is not a finding.
	if [ "$status" -gt "$worst" ]; then
		worst=$status
	fi
done
exit "$worst"
