/**
 * Lines for whoever runs the relay, on stderr: JSON for machines, words for people. Secrets are
 * redacted, and no line of a client's making begins a new one.
 */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { redacted } from "../platform/redact.ts";

export const LOG_FORMATS = ["json", "text", "off"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LEVELS[number];

export interface OperatorLogOptions {
  readonly format: LogFormat;
  /** The least level shown; `info` if it is none. */
  readonly least: string | undefined;
  readonly clock: Clock;
  /** Takes one line with its end. */
  write(line: string): void;
}

type Data = Readonly<Record<string, unknown>>;

export function operatorLog({ format, least, clock, write }: OperatorLogOptions): Log {
  const from = LEVELS.findIndex((level) => level === least?.toLowerCase());
  const lowest = from === -1 ? LEVELS.indexOf("info") : from;
  const say = (level: LogLevel) => (message: string, data: Data = {}): void => {
    if (format === "off" || LEVELS.indexOf(level) < lowest) return;
    const at = clock.timestamp();
    const clean = recordOf(redacted(data));
    write(
      format === "json"
        ? `${JSON.stringify({ at, level, message: redacted(message), ...clean })}\n`
        : `${at} ${level} ${redacted(message)}${words(clean)}\n`,
    );
  };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

/** Without members that would stand where the line's own do. */
function recordOf(data: unknown): Record<string, unknown> {
  const { at: _at, level: _level, message: _message, ...rest } = Object(data);
  return rest;
}

const words = (data: Record<string, unknown>): string =>
  Object.entries(data).map(([name, value]) => ` ${name}=${wordOf(value)}`).join("");

const PLAIN_WORD = /^[\w./:<>-]+$/;

const wordOf = (value: unknown): string =>
  typeof value === "string" && PLAIN_WORD.test(value) ? value : JSON.stringify(value) ?? "null";
