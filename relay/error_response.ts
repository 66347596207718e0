/** What HTTP says for each typed error, in one total table. */
import { type ErrorCode, WireError } from "../protocol/errors.ts";
import type { Log } from "../platform/log.ts";
import { json, type RelayReply } from "./exchange.ts";

const STATUS: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  bad_input: 400,
  bad_json: 400,
  not_initialized: 500,
  already_initialized: 500,
  not_found: 404,
  conflict: 409,
  refused: 403,
  locked: 503,
  unreadable: 500,
  write_failed: 500,
  unreachable: 502,
  relay_status: 502,
  relay_garbage: 502,
  feature_lost: 502,
  pairing_failed: 409,
  pairing_expired: 410,
  sas_mismatch: 409,
  not_verified: 400,
  timed_out: 504,
  interrupted: 503,
  internal: 500,
};

/** Whoever asks learns the message of an error that we foresaw, and nothing of any other. */
export function errorReply(error: unknown, log: Log): RelayReply {
  if (!(error instanceof WireError)) {
    log.error("request failed", { error: String(error) });
    return json(500, { error: "internal error" });
  }
  const status = STATUS[error.code];
  if (status >= 500) log.error("request failed", { code: error.code, error: error.message });
  const prefix = error.code === "write_failed" ? "persist failed: " : "";
  return json(status, { error: prefix + error.message });
}
