#!/usr/bin/env bash
# The top of a report as docs/images/report.png (or NAME), taken with chromium: tools/picture_report.sh REPORT.html [NAME]
set -euo pipefail
profile="$(mktemp -d)"
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
  --virtual-time-budget=8000 --force-device-scale-factor=0.75 --window-size=1200,1260 \
  --screenshot="$(dirname "$0")/../docs/images/${2:-report.png}" "file://$(realpath "$1")"
