/** The text of a launchd agent. See docs/protocol/cli.md §7.4 and launchd.plist(5). */
import type { Unit } from "./unit.ts";

export const PLIST_MARK =
  "<!-- Written by: wire service install. Removed by: wire service uninstall. -->";

/** `sh.slancha.wire.daemon`, as 0.5.19 has it. */
export const labelOf = ({ name }: Unit): string => `sh.slancha.${name.replace("-", ".")}`;

export function launchdPlist(unit: Unit): string {
  const { command, env } = unit;
  const variables = Object.entries(env).map(([name, value]) =>
    `    ${key(name)}${string(value)}\n`
  );
  const environment = variables.length === 0
    ? ""
    : `  ${key("EnvironmentVariables")}<dict>\n${variables.join("")}  </dict>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
${PLIST_MARK}
<plist version="1.0">
<dict>
  ${key("Label")}${string(labelOf(unit))}
  ${key("ProgramArguments")}<array>
${command.map((word) => `    ${string(word)}\n`).join("")}  </array>
${environment}  ${key("RunAtLoad")}<true/>
  ${key("KeepAlive")}<true/>
  ${key("ProcessType")}<string>Background</string>
  ${key("Umask")}<integer>63</integer>
  ${key("StandardOutPath")}<string>/dev/null</string>
  ${key("StandardErrorPath")}<string>/dev/null</string>
</dict>
</plist>
`;
}

const key = (name: string): string => `<key>${escaped(name)}</key>`;
const string = (text: string): string => `<string>${escaped(text)}</string>`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Ours by its mark, or the one that 0.5.19 writes to the same place. */
export function isOurPlist(text: string): boolean {
  return text.includes(PLIST_MARK) || text.includes("<string>sh.slancha.wire.daemon</string>");
}
