/** The text of a systemd user unit. See docs/protocol/cli.md §7.4 and systemd.service(5). */
import { WireError } from "../../protocol/errors.ts";
import type { Unit } from "./unit.ts";

export const UNIT_MARK = "# Written by: wire service install. Removed by: wire service uninstall.";

/**
 * `:` before the command leaves every `$` alone, also in its path, where systemd would not take `$$`;
 * `%` begins a specifier and is doubled. Where systemd begins, in the user's own directory, there may be a
 * session, and the service would be that session's.
 * @throws {WireError} usage, of a program whose path systemd does not take
 */
export function systemdUnit({ description, command, env }: Unit): string {
  const [program = ""] = command;
  if (/["'\\]/.test(program)) {
    throw new WireError(
      "usage",
      `Cannot write a service for ${program}: systemd takes no quote and no backslash in its path`,
    );
  }
  const environment = Object.entries(env)
    .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`).join("");
  return `${UNIT_MARK}
[Unit]
Description=${description}
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
WorkingDirectory=/
${environment}ExecStart=:${command.map(quoted).join(" ")}
Restart=on-failure
RestartSec=5
TimeoutStopSec=10
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

const quoted = (word: string): string =>
  `"${word.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%")}"`;

/** Ours by its first line, or the one that 0.5.19 writes to the same place. */
export function isOurUnit(text: string): boolean {
  return text.startsWith(UNIT_MARK) || /^ExecStart=.* daemon --interval 5$/m.test(text);
}
