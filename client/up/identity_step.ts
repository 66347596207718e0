/** The identity of `wire up`: made, or the one that is here. */
import { WireError } from "../../protocol/errors.ts";
import type { Handle } from "../../protocol/ids.ts";
import type { Identity } from "../../store/home/identity.ts";
import type { ClientContext } from "../context.ts";
import type { UpStep } from "./step.ts";

export interface WantedIdentity {
  /** Left out: the one that is here. */
  readonly nick: Handle | undefined;
  readonly name: string | undefined;
}

/** @throws {WireError} already_initialized, as somebody else; usage, without a name; as Home */
export async function identityStep(
  { home }: ClientContext,
  { nick, name }: WantedIdentity,
): Promise<readonly [Identity, UpStep]> {
  const isNew = !await home.isInitialized() && await made(nick, name);
  const identity = await home.readIdentity();
  const { handle, did } = identity;
  if (nick !== undefined && handle !== nick) {
    throw new WireError(
      "already_initialized",
      `already initialized as ${handle}: this home cannot become ${nick}`,
      { hint: `wire up ${handle} goes on here; another identity needs another WIRE_HOME` },
    );
  }
  const status = isNew ? "done" : "already";
  const detail = isNew ? `created identity ${did}` : `already initialized as ${handle} (${did})`;
  return [identity, { stage: "init", detail, status }];

  async function made(handle: Handle | undefined, shown: string | undefined): Promise<boolean> {
    if (handle === undefined) {
      throw new WireError("usage", "Cannot make an identity without a name", {
        hint: "wire up <nick>, or wire up <nick>@<relay>",
      });
    }
    try {
      await home.createIdentity({ handle, ...(shown === undefined ? {} : { name: shown }) });
      return true;
    } catch (error) {
      // Another command was faster; whose name it has is looked at next.
      if (error instanceof WireError && error.code === "already_initialized") return false;
      throw error;
    }
  }
}
