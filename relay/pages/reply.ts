/** A page as an answer: the frame around it, and the headers that keep it harmless. */
import type { RelayReply, RelayRequest } from "../exchange.ts";
import { VERSION } from "../../protocol/version.ts";
import { type Html, html } from "./html.ts";
import { MARK } from "./mark.ts";
import { POLICY, STYLE } from "./style.ts";
import { Html as Raw } from "./html.ts";

export interface Page {
  /** Before the name of the relay, in the window's title. */
  readonly title: string;
  readonly main: Html;
  /** The page's own place in the navigation, if it has one. */
  readonly path?: string;
  readonly status?: number;
  readonly cacheControl: string;
}

const PLACES: readonly (readonly [string, string])[] = [
  ["/", "Home"],
  ["/phonebook", "Phonebook"],
  ["/stats.html", "Statistics"],
];

/** Whether a person is looking. */
export const wantsHtml = (request: RelayRequest): boolean =>
  request.header("accept")?.includes("text/html") === true;

export const page = ({ title, main, path, status = 200, cacheControl }: Page): RelayReply => ({
  status,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": cacheControl,
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  },
  body: html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml">
        <style>${new Raw(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <div class="wide">
            <a class="brand" href="/">${MARK}<span>wire relay</span></a>
            <nav aria-label="Pages">
              <ul>${PLACES.map(([href, name]) =>
                html`<li><a href="${href}"${
                  href === path && new Raw(' aria-current="page"')
                }>${name}</a></li>`
              )}</ul>
            </nav>
          </div>
        </header>
        <main id="main" class="wide" tabindex="-1">
    ${main}
        </main>
        <footer class="bottom">
          <div class="wide">
            <span>wire ${VERSION}</span>
            <a href="/openapi.json">API</a>
            <a href="/v1/relay">Features and limits</a>
            <a href="/healthz">Health</a>
          </div>
        </footer>
      </body>
    </html>
  `.text,
});
