#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Prints the scenarios that this kernel of ci/kernels.txt is expected not to run, with commas in between.
# Usage: ci/expected-skips.sh LABEL
set -u

# As in kernel-flags.sh, the label is compared as text.
awk -v label="${1:-}" '($1 "") == label && !/^#/ { list = list comma $2; comma = "," } END { print list }' \
	"$(dirname "$0")/expected-skips"
