/** Every host that `wire setup` knows, in the order in which it lists them. */
import type { Host } from "./host.ts";
import { claudeCode } from "./hosts/claude_code.ts";
import { claudeCodeAlt } from "./hosts/claude_code_alt.ts";
import { claudeDesktop } from "./hosts/claude_desktop.ts";
import { cline } from "./hosts/cline.ts";
import { codex } from "./hosts/codex.ts";
import { copilotCli } from "./hosts/copilot_cli.ts";
import { cursor } from "./hosts/cursor.ts";
import { geminiCli } from "./hosts/gemini_cli.ts";
import { opencode } from "./hosts/opencode.ts";
import { pi } from "./hosts/pi.ts";
import { project } from "./hosts/project.ts";
import { vscode, vscodeInsiders, vscodeWorkspace } from "./hosts/vscode.ts";
import { windsurf } from "./hosts/windsurf.ts";
import { zed } from "./hosts/zed.ts";

export const HOSTS: readonly Host[] = [
  claudeCode,
  claudeCodeAlt,
  claudeDesktop,
  cursor,
  vscode,
  vscodeInsiders,
  vscodeWorkspace,
  cline,
  copilotCli,
  codex,
  geminiCli,
  opencode,
  pi,
  windsurf,
  zed,
  project,
];
