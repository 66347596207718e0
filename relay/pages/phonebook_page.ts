/** `/phonebook`: who can be asked to pair. Everything about them is their own words. */
import type { Json } from "../../protocol/json/value.ts";
import { isJsonArray } from "../../protocol/json/value.ts";
import type {
  ListedHandle,
  PhonebookPage,
  PhonebookRequest,
} from "../../store/directory/directory.ts";
import type { RelayReply, RelayRequest } from "../exchange.ts";
import { hostOf } from "../origin.ts";
import { type Html, html } from "./html.ts";
import { day, machineTime } from "./numbers.ts";
import { peerText } from "./peer_text.ts";
import { page } from "./reply.ts";

const MAX_LINE = 160;
const MAX_TAG = 24;
const MAX_TAGS = 6;

export function phonebookPage(
  { handles, next }: PhonebookPage,
  { after, vibe }: PhonebookRequest,
  request: RelayRequest,
): RelayReply {
  const host = hostOf(request) ?? "this.relay";
  const what = vibe === undefined
    ? "Everybody who is listed"
    : `Those with the vibe “${peerText(vibe, MAX_TAG)}”`;
  return page({
    title: "Phonebook · wire relay",
    path: "/phonebook",
    cacheControl: "public, max-age=60",
    main: html`
      <h1>Phonebook</h1>
      <p
        class="lead">Who can be asked to pair. A name proves nothing by itself: compare the identity check afterwards.</p>
      <pre><code>wire add name@${host}</code></pre>
      <form method="get" action="/phonebook">
      <div><label for="vibe">Vibe</label><input id="vibe" name="vibe" value="${peerText(
        vibe,
        MAX_LINE,
      )}" maxlength="80" autocomplete="off"></div>
      <button>Show</button>
      ${vibe !== undefined && html`<a href="/phonebook">Show everybody</a>`}
      </form>
      ${handles.length === 0 ? nobody(vibe, next) : list(what, handles)}
      ${pages(after, next, vibe)}
    `,
  });
}

const list = (what: string, handles: readonly ListedHandle[]): Html =>
  html`
    <table class="people">
      <caption>${what}, by name</caption>
      <thead>
        <tr>
          <th scope="col" class="who">Name</th>
          <th scope="col" class="about">About</th>
          <th scope="col" class="when">Claimed</th>
        </tr>
      </thead>
      <tbody>
    ${handles.map(entry)}
      </tbody>
    </table>
  `;

function entry({ nick, claimedAt, listing }: ListedHandle): Html {
  const emoji = pictureOf(listing.emoji);
  const pronouns = peerText(listing.pronouns, MAX_TAG);
  const tags = tagsOf(listing.vibe);
  return html`
    <tr>
      <th scope="row" class="who">${emoji !== "" &&
        html`<span class="face" aria-hidden="true">${emoji}</span>`}<bdi>${nick}</bdi>${pronouns !==
          "" && html`
        <bdi class="faint">${pronouns}</bdi>
      `}</th>
      <td class="about">${lines(listing.motto, listing.now)}${tags.length > 0 &&
        html`<ul class="tags" aria-label="Vibe of ${nick}">${
          tags.map((tag) => html`<li><bdi>${tag}</bdi></li>`)
        }</ul>`}</td>
      <td class="when"><time datetime="${machineTime(Math.floor(claimedAt / 1000))}">${day(
        claimedAt,
      )}</time></td>
    </tr>
  `;
}

function lines(motto: Json, now: Json): Html {
  const [first, second] = [peerText(motto, MAX_LINE), peerText(now, MAX_LINE)];
  return html`${first !== "" && html`<p><bdi>${first}</bdi></p>`}${
    second !== "" && html`<p class="faint">Now: <bdi>${second}</bdi></p>`
  }`;
}

const PICTURE = /^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The first picture, if it is one: a face is no place for more words. */
function pictureOf(emoji: Json): string {
  const [first] = graphemes.segment(peerText(emoji, MAX_TAG));
  return first !== undefined && PICTURE.test(first.segment) ? first.segment : "";
}

const tagsOf = (vibe: Json): string[] =>
  (isJsonArray(vibe) ? vibe : [vibe]).slice(0, MAX_TAGS)
    .filter((item) => !isJsonArray(item))
    .map((item) => peerText(item, MAX_TAG))
    .filter((tag) => tag !== "");

function nobody(vibe: string | undefined, next: string | undefined): Html {
  if (next !== undefined) {
    return html`
      <div class="empty">
        <p>Nobody on this page has that vibe. Others may come on the next.</p>
      </div>
    `;
  }
  return vibe === undefined
    ? html`
      <div class="empty">
        <p>Nobody is listed yet. A name is claimed with <code>wire claim</code>.</p>
      </div>
    `
    : html`
      <div class="empty">
        <p>Nobody has that vibe.</p>
      </div>
    `;
}

function pages(
  after: string | undefined,
  next: string | undefined,
  vibe: string | undefined,
): Html {
  if (after === undefined && next === undefined) return html``;
  const filter = vibe === undefined ? {} : { vibe };
  return html`
    <nav aria-label="Pages of the phonebook">
      <ul>
    ${after !== undefined && html`<li><a href="${place(filter)}">First page</a></li>`}
    ${next !== undefined &&
      html`<li><a rel="next" href="${place({ ...filter, cursor: next })}">Next page</a></li>`}
      </ul>
    </nav>
  `;
}

function place(query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "/phonebook" : `/phonebook?${text}`;
}
