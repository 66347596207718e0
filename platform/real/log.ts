/** JSON lines for operators, only where WIRE_LOG asks for them. */
import type { Clock } from "../clock.ts";
import type { Env } from "../env.ts";
import type { Log } from "../log.ts";
import { redacted } from "../redact.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = typeof LEVELS[number];

export interface RealLogOptions {
  readonly env: Env;
  readonly clock: Clock;
  /** Takes one line with its end. */
  write(line: string): void;
}

/** WIRE_LOG is the least level shown; any other text that is not empty means `info`. */
export class RealLog implements Log {
  readonly #options: RealLogOptions;
  readonly #least: number;

  constructor(options: RealLogOptions) {
    this.#options = options;
    const asked = options.env.get("WIRE_LOG")?.toLowerCase() ?? "";
    const level = LEVELS.findIndex((name) => name === asked);
    this.#least = asked === "" ? LEVELS.length : level >= 0 ? level : LEVELS.indexOf("info");
  }

  debug(message: string, data?: Readonly<Record<string, unknown>>): void {
    this.#line("debug", message, data);
  }

  info(message: string, data?: Readonly<Record<string, unknown>>): void {
    this.#line("info", message, data);
  }

  warn(message: string, data?: Readonly<Record<string, unknown>>): void {
    this.#line("warn", message, data);
  }

  error(message: string, data?: Readonly<Record<string, unknown>>): void {
    this.#line("error", message, data);
  }

  #line(level: Level, message: string, data: Readonly<Record<string, unknown>> = {}): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    const at = this.#options.clock.timestamp();
    const line = { at, level, message: redacted(message), data: redacted(data) };
    this.#options.write(`${JSON.stringify(line)}\n`);
  }
}
