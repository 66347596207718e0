/** Diagnostics kept for the test to look at. */
import type { Log } from "../log.ts";

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class FakeLog implements Log {
  readonly entries: LogEntry[] = [];

  debug(message: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: "debug", message, data });
  }

  info(message: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: "info", message, data });
  }

  warn(message: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: "warn", message, data });
  }

  error(message: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.entries.push({ level: "error", message, data });
  }
}
