/** What `curl <short link> | sh` runs: install wire if it is missing, and accept the invite. */

/** In single quotes, where a POSIX shell takes every other character for itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A function that is called in the last line: a script that was cut on the way does nothing, and
 * what it starts cannot read the rest of it.
 * @param origin of this relay, whose installer is used; undefined: nothing is installed
 */
export function inviteScript(url: string, origin: string | undefined): string {
  const byHand = `  wire accept ${quoted(url)}`;
  return `#!/bin/sh
# An invite to pair with an agent: runs "wire accept" with the URL below.
main() {
  invite=${quoted(url)}
${origin === undefined ? "" : installer(origin)}  if ! command -v wire >/dev/null 2>&1; then
    printf '%s\\n' 'wire is not installed. Once it is, run:' ${quoted(byHand)}
    exit 0
  fi
  exec wire accept "$invite"
}
main
`;
}

const installer = (origin: string): string =>
  `  origin=${quoted(origin)}
  if ! command -v wire >/dev/null 2>&1; then
    if command -v curl >/dev/null 2>&1; then
      curl -fsSL "$origin/install" 2>/dev/null | sh
    elif command -v wget >/dev/null 2>&1; then
      wget -qO- "$origin/install" 2>/dev/null | sh
    fi
    PATH="\${HOME:-}/.local/bin:$PATH"
    export PATH
  fi
`;
