/**
 * The shell scripts that start a packed `wire`. Shell, because Node first would cost more than wire
 * itself; both end in `exec`, so that signals, the pid and the exit code are the program's own. They
 * name themselves for what writes down how wire is started (platform/real/processes.ts).
 */

/** How Deno is told to run the program in `$program`, whatever configuration lies about. */
const RUN = 'run -A --quiet --no-prompt --no-config --unstable-kv $lazy "$program/main.js" "$@"';

/**
 * A command loads what it needs when it needs it, or every file of the program would be opened at each
 * start. What lives long has all of it in memory: its files may be replaced while it runs.
 */
const WHAT_TO_LOAD = `case \${1:-} in
daemon | relay-server | mcp | monitor | notify | reactor) lazy= ;;
*) lazy=--unstable-lazy-dynamic-imports ;;
esac`;

/** Sets `self` to an absolute path of the script, as it was called. */
const WHO_AM_I = `self=$0
case $self in
*/*) ;;
*) self=$(command -v -- "$self" || printf './%s' "$self") ;;
esac
case $self in
/*) ;;
*) self=$PWD/$self ;;
esac
export WIRE_LAUNCHER="$self" WIRE_LAUNCHER_PID=$$ DENO_NO_UPDATE_CHECK=1`;

/**
 * `bin/wire` of the npm package: finds the Deno that npm has put beside it, nested or hoisted.
 * @param name of the package, for the message when there is none
 */
export const npmLauncher = (name: string): string =>
  `#!/bin/sh
# Starts wire on the Deno that npm has installed with it.
${WHO_AM_I}
${WHAT_TO_LOAD}
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
  /*) self=$link ;;
  *) self=\${self%/*}/$link ;;
  esac
done
root=$(CDPATH= cd -P -- "\${self%/*}/.." && pwd -P)
program=$root/program
for modules in "$root/node_modules" "$root/.." "$root/../.."; do
  for deno in "$modules"/@deno/*/deno; do
    [ -f "$deno" ] && [ -x "$deno" ] && exec "$deno" ${RUN}
  done
done
# npm was told to leave optional packages out, or keeps them elsewhere: the slower way, through Node.
for modules in "$root/node_modules" "$root/.." "$root/../.."; do
  [ -f "$modules/deno/bin.cjs" ] && exec node "$modules/deno/bin.cjs" ${RUN}
done
echo 'error: Cannot start wire: the npm package "deno" is not beside it; install again: npm install -g ${name}' >&2
exit 1
`;

export interface SingleFile {
  readonly version: string;
  /** Undefined: unknown. */
  readonly commit: string | undefined;
  /** As in \`linux-x86_64\`. */
  readonly platform: string;
  /** Lower-case hex, of the archive behind the script. */
  readonly sha256: string;
}

/** The script before the archive; the offset in it is its own length, so it is made in two steps. */
export function singleFileLauncher(file: SingleFile): string {
  const width = 8;
  const draft = singleFileScript(file, "0".repeat(width));
  const offset = new TextEncoder().encode(draft).length + 1;
  return singleFileScript(file, String(offset).padEnd(width, " "));
}

/** @param offset of the archive's first byte, counted from 1, padded */
function singleFileScript(
  { version, commit, platform, sha256 }: SingleFile,
  offset: string,
): string {
  const built = commit === undefined ? "" : `, commit ${commit}`;
  return `#!/bin/sh
# wire ${version} for ${platform}${built}: this script, then a compressed archive of Deno and the
# program. The first start unpacks it below the cache directory; later ones only run it.
${WHO_AM_I}
fail() {
  printf 'error: Cannot start wire: %s\\n' "$1" >&2
  exit 1
}
if [ -n "\${XDG_CACHE_HOME:-}" ]; then
  cache=$XDG_CACHE_HOME
else
  [ -n "\${HOME:-}" ] || fail 'neither XDG_CACHE_HOME nor HOME says where to unpack it; set one of them'
  case $(uname -s) in
  Darwin) cache=$HOME/Library/Caches ;;
  *) cache=$HOME/.cache ;;
  esac
fi
base=$cache/wire-runtime
dir=$base/${sha256.slice(0, 32)}
archive() { tail -c +${offset} "$WIRE_LAUNCHER"; }
hash() {
  if command -v sha256sum >/dev/null 2>&1; then
    archive | sha256sum
  elif command -v shasum >/dev/null 2>&1; then
    archive | shasum -a 256
  else
    echo unchecked # the archive's own check has to do
  fi
}
if [ ! -x "$dir/deno" ]; then
  umask 077
  mkdir -p "$base" || fail "the directory $base cannot be made; set XDG_CACHE_HOME to one that can"
  case $(hash) in
  ${sha256}* | unchecked) ;;
  *) fail 'the file is damaged; download it again' ;;
  esac
  printf 'wire: unpacking once, into %s\\n' "$dir" >&2
  new=$(mktemp -d "$base/new.XXXXXX") || fail "nothing can be written into $base"
  trap 'rm -rf "$new"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  { archive | gzip -dc || : >"$new/damaged"; } | tar -xf - -C "$new" &&
    [ -x "$new/deno" ] && [ ! -e "$new/damaged" ] ||
    fail "it cannot be unpacked into $base; is the disk full, or the file damaged?"
  # Whole or not at all; where another start was first, its copy stays.
  mv "$new" "$dir" 2>/dev/null || :
  rm -rf "$dir/\${new##*/}"
  trap - EXIT INT TERM HUP
fi
[ -O "$dir" ] || fail "$dir belongs to somebody else; set XDG_CACHE_HOME to a directory of your own"
${WHAT_TO_LOAD}
program=$dir/program
export DENO_DIR="$dir/deno-dir"
exec "$dir/deno" ${RUN}
`;
}
