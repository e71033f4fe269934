#!/bin/sh
# Shows Memwell at work on a copy of the sample vault, with every way to the network shut.
# usage: tools/try.sh BIN_FOLDER
set -eu

bin=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")/.." && pwd)
vault="$here/.try/harbourline"
memwell="$bin/memwell"

# Nothing listens there: whatever tried to reach the network would fail.
export HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
export http_proxy=$HTTP_PROXY https_proxy=$HTTPS_PROXY all_proxy=$ALL_PROXY
export MEMWELL_CACHE_DIR="$here/.try/cache"
unset MEMWELL_VAULT MEMWELL_EMBEDDER

show() {
    printf '\n$ memwell'
    for word in "$@"; do
        case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
    done
    printf '\n'
    "$memwell" "$@"
}

rm -rf "$here/.try"
mkdir -p "$here/.try"
cp -R "$here/sample_vault" "$vault"
cd "$vault"

echo "A copy of the sample vault, the memory of a small team that books berths for marinas: $vault"
show init
show index build
show recall --limit 2 "is there an iPhone app?"
show remember "The winter price list goes out on 1 December, by post." --category decisions --title "Winter price list"
show recall --limit 1 "when do we send the new prices"

cat <<END

That was semantic search with the model that came with Memwell; no network was used.
Open $vault in Obsidian, edit a note, and recall it.

To connect your agents, have their MCP clients told of it; it shows what it will do, and asks:

  $memwell setup --vault $vault

and to take that back:

  $memwell uninstall
END
