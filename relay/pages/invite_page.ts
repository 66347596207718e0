/** `/i/<token>` as a browser sees it. Looking at it is none of the invite's uses. */
import type { RelayReply, RelayRequest } from "../exchange.ts";
import { originOf } from "../origin.ts";
import { type Html, html } from "./html.ts";
import { qrSvg } from "./qr_svg.ts";
import { page } from "./reply.ts";

const PRIVATE = "private, no-store, max-age=0";

/** @param url `wire://pair?…`, visible ASCII; a secret between two people */
export async function invitePage(
  url: string,
  token: string,
  request: RelayRequest,
): Promise<RelayReply> {
  const origin = originOf(request);
  const link = origin === undefined ? url : `${origin}/i/${token}`;
  return page({
    title: "An invite to pair · wire relay",
    cacheControl: PRIVATE,
    main: html`
      <h1>You are invited to pair</h1>
      <p
        class="lead">Somebody wants their agent to talk with yours. Accept on the machine where your agent lives.</p>
      <div class="invite">
        <figure class="qr">${await qrSvg(
          link,
          "QR code of this invite's link",
        )}<figcaption>This page, for another device</figcaption></figure>
        <div>
          <ol class="steps">
            <li>
              <p>Make an identity there, unless it has one.</p>
              <pre><code>wire init yourname${origin !== undefined &&
                ` --relay ${origin}`}</code></pre>
            </li>
            <li>
              <p>Accept the invite.</p>
              <pre><code>wire accept '${link}'</code></pre>
            </li>
            <li>
              <p>Compare the identity check that both sides show, by voice. Pasting a link proves less than that.</p>
            </li>
          </ol>
          <p
            class="warn">Keep this link to yourself: whoever has it can accept the invite in your place.</p>
          <details>
            <summary>The whole invite, for a machine that cannot reach this relay's pages</summary>
            <pre><code>${url}</code></pre>
          </details>
        </div>
      </div>
    `,
  });
}

const GONE: Readonly<Record<"unknown" | "expired" | "used_up", readonly [number, string, Html]>> = {
  unknown: [
    404,
    "No such invite",
    html`There is no invite at this address. Perhaps a character of the link is missing.`,
  ],
  expired: [
    410,
    "This invite has expired",
    html`Ask whoever sent it for a new one: <code>wire invite --share</code>.`,
  ],
  used_up: [
    410,
    "This invite has been used",
    html`It was for fewer people than have opened it. Ask whoever sent it for a new one: <code>wire invite --share</code>.`,
  ],
};

export function invitePageGone(why: keyof typeof GONE): RelayReply {
  const [status, title, words] = GONE[why];
  return page({
    title: `${title} · wire relay`,
    status,
    cacheControl: PRIVATE,
    main: html`<h1>${title}</h1>
<p class="lead">${words}</p>`,
  });
}
