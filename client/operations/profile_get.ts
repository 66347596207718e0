/** What our own card says of us. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { profileOf } from "../../protocol/identity/profile.ts";
import { plain } from "../../protocol/json/value.ts";
import type { Operation } from "../operation.ts";

const ProfileGetInput = z.object({});

const ProfileGetOutput = z.object({
  did: z.string(),
  /** null until a field is set. */
  profile: z.record(z.string(), z.unknown()).nullable(),
});

/** @throws {WireError} not_initialized, unreadable */
export const profileGet = {
  input: ProfileGetInput,
  output: ProfileGetOutput,
  async run({ home }) {
    const { did, card } = await home.readIdentity();
    const profile = plain(profileOf(card) ?? null);
    return {
      did,
      profile: typeof profile === "object" && profile !== null ? { ...profile } : null,
    };
  },
} satisfies Operation<typeof ProfileGetInput, typeof ProfileGetOutput>;
