/**
 * Pairs in one command: with an address as `add` and a wait, else by a code, on a home that is made
 * where there is none; afterwards the agent hosts of this machine are told.
 * See docs/protocol/cli.md §6.4 and docs/protocol/pairing.md §10.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isPair2Shape } from "../../protocol/pair2/code.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { ClientContext } from "../context.ts";
import { defaultRelay } from "../invite/ensure_self.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { StreamOperation } from "../operation.ts";
import { compat, PairOptions } from "../pairing/pair_options.ts";
import { PairOutput as PairedByCode } from "../pairing/pair_progress.ts";
import { init } from "./init.ts";
import { pairByAddress, PairedByAddress } from "./pair_by_address.ts";
import { pairHost } from "./pair_host.ts";
import { pairJoin } from "./pair_join.ts";
import { setup } from "./setup.ts";

const PUBLIC_CODE =
  "warn: a code on the command line shows in process lists; wire pair-join asks for it";

const PairInput = z.object({
  /** `nick@domain` of the peer; without an `@`, or with a code, our own handle. */
  handle: z.string(),
  ...PairOptions,
  /** The public one, or that of config.toml; with an address, where its nick is asked for. */
  relay: z.string().optional(),
  /** Of the side that hosts; left out: this one does. */
  code: z.string().optional(),
  compat,
  /** Agent hosts are left as they are. */
  noSetup: z.boolean().optional(),
});

const PairOutput = z.union([PairedByAddress, PairedByCode]);
export type PairOutput = z.output<typeof PairOutput>;

/**
 * Yields progress, then the result; with `detach` only what was queued.
 * @throws {WireError} already_initialized, as somebody else; as pairByAddress, pairHost and pairJoin
 */
export const pair = {
  input: PairInput,
  output: PairOutput,
  async *stream(context, input, signal) {
    const { handle, code, relay, timeout } = input;
    if (code === undefined && handle.includes("@")) {
      const asked = pairByAddress.input.parse({ handle, relay, timeout });
      yield await pairByAddress.run(context, asked);
      return;
    }
    const relayUrl = relay === undefined ? await defaultRelay(context) : relayUrlOf(relay);
    await identity(context, handle);
    if (code === undefined) {
      context.warn(`hosting pair on ${relayUrl} (no code = host) ...`);
      yield* pairHost.stream(context, { ...input, relay: relayUrl }, signal);
    } else {
      context.warn(`joining pair with code ${quote(code)} on ${relayUrl} ...`);
      if (isPair2Shape(code)) context.warn(PUBLIC_CODE);
      yield* pairJoin.stream(context, { ...input, code, relay: relayUrl }, signal);
    }
    if (input.detach !== true && input.noSetup !== true) await tellHosts(context);
  },
} satisfies StreamOperation<typeof PairInput, typeof PairOutput>;

async function identity(context: ClientContext, handle: string): Promise<void> {
  const { home } = context;
  if (!await home.isInitialized()) {
    const { did } = await init.run(context, { handle });
    return context.warn(`initialized ${did}`);
  }
  const self = await home.readIdentity();
  if (self.handle === handle) {
    return context.warn(`(identity ${self.did} already initialized — reusing)`);
  }
  throw new WireError(
    "already_initialized",
    `already initialized as ${self.did}; refusing to re-init with different handle ${
      quote(handle)
    }`,
    {
      hint: `wire pair ${self.handle} goes on here; another identity needs another WIRE_HOME.\n` +
        "to ask a peer by address: wire pair nick@domain",
    },
  );
}

/** Whoever is paired by now stays paired, whatever becomes of it. */
async function tellHosts(context: ClientContext): Promise<void> {
  try {
    const { hosts } = await setup.run(context, setup.input.parse({ apply: true }));
    for (const { name, file, status, detail } of hosts) {
      if (status === "created" || status === "added" || status === "updated") {
        context.warn(`setup: ${name} starts our tool server (${status} in ${file})`);
      } else if (status === "failed" || status === "untouched") {
        context.warn(`setup: ${name} was left as it is (${detail ?? file}): wire setup says more`);
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    context.warn(`warn: the agent hosts were not told: ${error.message}; again with: wire setup`);
  }
}
