/** Desktop notifications. See docs/protocol/identity-and-events.md §19. */
import type { OperatingSystem } from "../env.ts";
import type { Notifier, NotifyOptions } from "../notifier.ts";

/** A notification service that hangs must not hold up the mail. */
const DEADLINE_MS = 3_000;

export interface RealNotifierOptions {
  readonly os: OperatingSystem;
  /** Where notifications go when the system has no command for them, or it does not work. */
  print(text: string): Promise<void>;
  /** Runs a command to its end; may throw. */
  readonly run?: (command: readonly string[]) => Promise<void>;
}

export class RealNotifier implements Notifier {
  readonly #options: RealNotifierOptions;

  constructor(options: RealNotifierOptions) {
    this.#options = options;
  }

  async notify(
    title: string,
    body: string,
    { isAlsoPrinted = false }: NotifyOptions = {},
  ): Promise<void> {
    const command = notificationCommand(this.#options.os, title, body);
    if (command !== undefined && (await this.#isShown(command) || isAlsoPrinted)) return;
    try {
      await this.#options.print(`[wire notify] ${title}\n  ${body.replaceAll("\n", "\n  ")}\n`);
    } catch {
      // The terminal has gone: nobody is there to be told, and the mail must not wait for it.
    }
  }

  async #isShown(command: readonly string[]): Promise<boolean> {
    try {
      await (this.#options.run ?? runCommand)(command);
      return true;
    } catch {
      // Best effort by contract: a machine without a desktop has no notifier, and that is no error.
      return false;
    }
  }
}

/**
 * @returns the command and its arguments, or undefined where there is none. The texts may be a
 * stranger's: they are never options, and never script.
 */
export function notificationCommand(
  os: OperatingSystem,
  title: string,
  body: string,
): readonly string[] | undefined {
  switch (os) {
    case "linux":
      return [
        "notify-send",
        "--app-name=wire",
        "--icon=mail-message-new",
        "--",
        title,
        markup(body),
      ];
    case "darwin":
      return [
        "osascript",
        "-e",
        `display notification ${appleScript(body)} with title ${appleScript(title)}`,
      ];
    case "windows":
    case "other":
      return undefined;
  }
}

/** Desktops take the body for markup, and the body may be a stranger's. */
const markup = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A line feed would end the statement, and with it the string. */
const appleScript = (text: string): string =>
  `"${text.replace(/[\\"]/g, "\\$&").replace(/\p{Cc}+/gu, " ")}"`;

async function runCommand([command = "", ...args]: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  if (!success) throw new Error(`${command} failed`);
}
