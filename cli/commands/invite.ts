/** `wire invite`: issues an invite URL. See docs/protocol/cli.md §6.7. */
import { invite } from "../../client/operations/invite.ts";
import type { Command } from "../command.ts";
import { flag, integer, text } from "../options.ts";

const SECONDS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]] as const;

export const command = {
  operation: invite,
  usage: "",
  options: {
    relay: text("url", "for a home without a mailbox, and for --share"),
    ttl: integer("seconds", "how long it is good (86400)", { max: 31_536_000 }),
    uses: integer("n", "how many peers may use it (1)"),
    share: flag("let the relay hold it behind a short link"),
    qr: flag("draw the QR code also where stderr is no terminal"),
  },
  examples: [
    "wire invite",
    "wire invite --ttl 3600 --uses 3",
    "wire invite --share",
  ],
  toInput: (_, { relay, ttl, uses, share, qr }) => ({ relay, ttl, uses, share, qr }),
  render(output, ui, { input }) {
    const { invite_url, share, uses, ttl_secs } = output;
    const peers = uses <= 1 ? "one peer" : `${uses} peers`;
    ui.note(
      `# for ${peers}, within ${duration(ttl_secs)}; on the other machine: wire accept <url>`,
    );
    ui.drawing(async (canvas) => {
      const { drawQr } = await import("../ui/qr.ts");
      return await drawQr(share?.share_url ?? invite_url, canvas, {
        always: input.qr === true,
        smaller: share === undefined ? "--share makes a small one" : undefined,
      });
    });
    ui.line(share?.curl ?? invite_url);
  },
} satisfies Command<typeof invite>;

/** In the largest unit that says it exactly. */
function duration(seconds: number): string {
  const [size, unit] = SECONDS.find(([size]) => seconds >= size && seconds % size === 0) ??
    [1, "s"];
  return `${seconds / size} ${unit}`;
}
