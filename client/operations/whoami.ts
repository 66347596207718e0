/** This home's identity and where it is reached. See docs/protocol/cli.md §4 and §9 S3. */
import { z } from "zod";
import { toBase64 } from "../../protocol/identity/keys.ts";
import { mailboxAddress } from "../../store/home/mailbox.ts";
import type { Operation } from "../operation.ts";

const WhoamiInput = z.object({});

const WhoamiOutput = z.object({
  capabilities: z.array(z.string()),
  config_dir: z.string(),
  did: z.string(),
  fingerprint: z.string(),
  handle: z.string(),
  key_id: z.string(),
  public_key_b64: z.string(),
  /** `<relay>/slot/<slot id>` when bound; never a token. */
  mailbox: z.string().optional(),
});

/** @throws {WireError} not_initialized, unreadable */
export const whoami = {
  input: WhoamiInput,
  output: WhoamiOutput,
  async run({ home }) {
    const identity = await home.readIdentity();
    const mailbox = mailboxAddress(await home.readRelayState());
    return {
      capabilities: [...identity.capabilities],
      config_dir: home.paths.configRoot,
      did: identity.did,
      fingerprint: identity.fingerprint,
      handle: identity.handle,
      key_id: identity.keyId,
      public_key_b64: toBase64(identity.keys.publicKey),
      ...(mailbox === undefined ? {} : { mailbox }),
    };
  },
} satisfies Operation<typeof WhoamiInput, typeof WhoamiOutput>;
