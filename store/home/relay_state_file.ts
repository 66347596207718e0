/**
 * relay.json: our mailbox and those of our peers, with their bearer tokens. What this version does
 * not know is written back as it was. See docs/protocol/identity-and-events.md §10.
 */
import { unreadable, writeFailed } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { emptyRelayState, RelayState } from "../../protocol/schemas/relay_state.ts";
import { schemaProblem } from "../../protocol/schemas/problem.ts";
import { isJson, objectIn } from "./json_file.ts";

/**
 * @param text of the file, or undefined if there is none
 * @throws {WireError} unreadable, naming the file and the member
 */
export function parseRelayState(text: string | undefined, path: string): RelayState {
  if (text === undefined) return emptyRelayState();
  const result = RelayState.safeParse(objectIn(text, path));
  if (result.success) return result.data;
  throw unreadable(path, schemaProblem(result.error));
}

/**
 * Looks at the whole once more before it replaces what is on the disk.
 * @throws {WireError} write_failed, if it is not what a relay.json may be
 */
export function printRelayState(state: RelayState, path: string): string {
  const result = RelayState.safeParse(state);
  if (!result.success) throw writeFailed(path, schemaProblem(result.error));
  if (!isJson(state)) throw writeFailed(path, "not JSON");
  return prettyJson(state);
}
