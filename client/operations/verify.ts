/**
 * Is this event what its signer signed? Or is something missing of what peers have sent?
 * See docs/protocol/cli.md §4 and docs/protocol/extensions.md §7.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { parseEvent, type WireEvent } from "../../protocol/event/event.ts";
import { type Verdict, verifyEvent } from "../../protocol/event/verify.ts";
import { printJson } from "../../protocol/json/print.ts";
import { withMembers } from "../../protocol/json/value.ts";
import type { TrustStore } from "../../protocol/trust/trust.ts";
import type { Home } from "../../store/home/home.ts";
import { readNamedFile, readStdin } from "../argument_text.ts";
import type { ClientContext } from "../context.ts";
import { findGaps, GapsFound } from "../delivery/find_gaps.ts";
import { checkMessageId, findMessage } from "../history/find_message.ts";
import type { Operation } from "../operation.ts";

const VerifyInput = z.object({
  /** A file, or `-` for stdin. Reads files, so never from an agent's tool. */
  path: z.string().optional(),
  /** A message of this home's mail, also an archived one, by its id or the beginning of it. */
  event: z.string().optional(),
  /** Looks for gaps in what peers have sent, instead. */
  gaps: z.boolean().optional(),
  /** Of this peer alone. */
  peer: z.string().optional(),
}).refine(
  ({ path, event, gaps }) =>
    [path !== undefined, event !== undefined, gaps === true].filter((is) => is).length === 1,
  "expected a file, - for standard input, --event ID, or --gaps",
);

const VerifyOutput = z.union([
  z.discriminatedUnion("verified", [
    z.object({ verified: z.literal([true]) }),
    z.object({ reason: z.string(), verified: z.literal([false]) }),
  ]),
  GapsFound,
]);

/** @throws {WireError} not_found, unreadable, bad_json, bad_input; usage and conflict, of an id */
export const verify = {
  input: VerifyInput,
  output: VerifyOutput,
  async run(context, { path, event, peer }) {
    const { home, platform } = context;
    if (event !== undefined) return await verifiedText(home, await textOf(context, event), event);
    if (path === undefined) return await findGaps(context, peer);
    const text = path === "-" ? await readStdin(platform) : await readNamedFile(platform, path);
    return await verifiedText(home, text, path === "-" ? "standard input" : JSON.stringify(path));
  },
} satisfies Operation<typeof VerifyInput, typeof VerifyOutput>;

async function textOf(context: ClientContext, id: string): Promise<string> {
  checkMessageId(id, "verify");
  const found = await findMessage(context, id);
  if (found === undefined) throw new WireError("not_found", `no message has the id ${id}`);
  return found.event.text;
}

/**
 * The same for an event at hand.
 * @param name of where it comes from, for errors
 * @throws {WireError} bad_json, bad_input, unreadable
 */
export async function verifiedText(
  home: Home,
  text: string,
  name: string,
): Promise<z.output<typeof VerifyOutput>> {
  const verdict = verdictOn(eventIn(text, name), await home.readTrust());
  return verdict.ok
    ? { verified: true as const }
    : { reason: verdict.text, verified: false as const };
}

/** @throws {WireError} bad_json, bad_input: what the parser says, and of which file */
function eventIn(text: string, name: string): WireEvent {
  try {
    return parseEvent(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(error.code, `Cannot verify ${name}: ${error.message}`, { cause: error });
  }
}

/** As it is, else without the mark that `tail --json` adds, which nobody signed. */
function verdictOn(event: WireEvent, trust: TrustStore): Verdict {
  const verdict = verifyEvent(event, trust);
  if (verdict.ok || typeof event.value.verified !== "boolean") return verdict;
  const unmarked = withMembers(event.value, { verified: undefined });
  return verifyEvent(parseEvent(printJson(unmarked)), trust);
}
