#!/bin/sh
# Builds the vCenter simulator from Debian's packages golang-go and golang-github-vmware-govmomi-dev: tools/vcsim/build.sh OUT
set -eu
[ $# -eq 1 ] || { echo "usage: $0 OUT" >&2; exit 2; }
command -v go >/dev/null || { echo "$0: go is missing; apt-get install golang-go" >&2; exit 1; }
[ -d /usr/share/gocode/src/github.com/vmware/govmomi/simulator ] ||
    { echo "$0: govmomi is missing; apt-get install golang-github-vmware-govmomi-dev" >&2; exit 1; }
source=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$1")"
out=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$source"
# Built beside the target and renamed, so that nobody ever runs half a program.
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="${GOCACHE:-$(dirname "$out")/go-cache}" go build -o "$out.new.$$" .
mv "$out.new.$$" "$out"
