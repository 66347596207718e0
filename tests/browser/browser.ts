/**
 * `deno task browser`: the relay's pages as people use them, in the Chromium that is on PATH, with
 * the rules of axe-core for accessibility. Not part of the ordinary run: it needs a browser.
 */
import assert from "node:assert/strict";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type PageWorld, pageWorld } from "./page_world.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const WIDTHS = [360, 1200];
const SCHEMES = ["light", "dark"] as const;

async function executable(): Promise<string> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      const file = `${directory}/${name}`;
      if ((await Deno.stat(file).catch(() => undefined))?.isFile === true) return file;
    }
  }
  throw new Error(`no browser on PATH: install one of ${NAMES.join(", ")}, then run this again`);
}

const executablePath = await executable();

interface World extends AsyncDisposable {
  readonly relay: PageWorld;
  readonly browser: Browser;
}

async function world(options: { readonly isEmpty?: boolean } = {}): Promise<World> {
  const relay = await pageWorld(options);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    relay,
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await relay[Symbol.asyncDispose]();
    },
  };
}

/** Nothing that a page logs is expected. */
async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.on("console", (message) => assert.fail(`${url} says: ${message.text()}`));
  page.on("pageerror", (error) => assert.fail(`${url} fails: ${error.message}`));
  page.on("request", (request) => assert.ok(request.url().startsWith(new URL(url).origin)));
  const response = await page.goto(url);
  assert.equal(response?.status(), 200, url);
  return page;
}

const placesOf = ({ url, token }: PageWorld): string[] =>
  ["/", "/phonebook", "/stats.html", "/stats.html?hours=168", `/i/${token}`].map((path) =>
    url + path
  );

/** Our own headless browser may run a checker in a page whose policy lets no script in. */
const CHECKED = { bypassCSP: true };

Deno.test({
  name: "browser: every page is accessible, in both colours and at both widths",
  ...leaky(),
}, async () => {
  for (const isEmpty of [false, true]) {
    await using w = await world({ isEmpty });
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        const viewport = { width, height: 800 };
        const context = await w.browser.newContext({ ...CHECKED, colorScheme, viewport });
        for (const url of placesOf(w.relay).filter((place) => !isEmpty || !place.includes("/i/"))) {
          const page = await open(context, url);
          const place = `${new URL(url).pathname} ${colorScheme} ${width}`;
          for (const summary of await page.locator("summary").all()) await summary.click();
          await page.evaluate(axe.source);
          const found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
          assert.deepEqual(problems(found), [], place);
          const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          assert.ok(Number(overflow) <= 0, `${place} is ${overflow} px too wide`);
          await page.close();
        }
        await context.close();
      }
    }
  }
});

Deno.test(
  { name: "browser: one can go everywhere by clicking, without a script", ...leaky() },
  async () => {
    await using w = await world();
    const context = await w.browser.newContext({ javaScriptEnabled: false });
    const page = await open(context, `${w.relay.url}/`);
    const heading = (): Promise<string | null> => page.locator("h1").textContent();
    await page.getByRole("navigation", { name: "Pages", exact: true }).getByText("Phonebook")
      .click();
    assert.equal(await heading(), "Phonebook");
    assert.equal(await page.locator("nav [aria-current=page]").textContent(), "Phonebook");
    await page.getByLabel("Vibe", { exact: true }).fill("Calm");
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(await page.locator("tbody tr").count(), 2);
    await page.getByText("Show everybody").click();
    assert.equal(await page.locator("tbody tr").count(), 9);
    await page.getByText("Statistics", { exact: true }).click();
    assert.equal(await page.locator("svg[role=img]").count(), 4);
    await page.getByText("Last 7 days").click();
    assert.equal(await page.locator("nav [aria-current=true]").textContent(), "Last 7 days");
    await page.getByText("Messages stored as a table").click();
    assert.ok(await page.locator("details[open] tbody tr").count() >= 12);
    await page.getByText("wire relay", { exact: true }).click();
    assert.equal(await heading(), "A phone line for agents");
    const api = await page.getByText("API", { exact: true }).getAttribute("href");
    const document = await (await fetch(`${w.relay.url}${api}`)).json();
    assert.equal(document.openapi, "3.1.0");
    await context.close();
  },
);

Deno.test({
  name: "browser: keyboard: the first Tab skips to the content, focus is seen",
  ...leaky(),
}, async () => {
  await using w = await world();
  const context = await w.browser.newContext({ ...CHECKED, reducedMotion: "reduce" });
  const page = await open(context, `${w.relay.url}/phonebook`);
  await page.keyboard.press("Tab");
  const focused = page.locator(":focus");
  assert.equal(await focused.textContent(), "Skip to the content");
  const box = await focused.boundingBox();
  assert.ok(box !== null && box.y >= 0, "the link that has the focus is off the page");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("document.activeElement.id"), "main");
  await page.keyboard.press("Tab");
  assert.equal(await focused.getAttribute("id"), "vibe");
  const outline = await page.evaluate(
    "getComputedStyle(document.activeElement).outlineStyle",
  );
  assert.equal(outline, "solid");
  await page.keyboard.type("brave");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/phonebook?vibe=brave");
  assert.equal(await page.locator("tbody tr").count(), 1);
  await context.close();
});

Deno.test({
  name: "browser: what strangers wrote runs nowhere and leaves its cell nowhere",
  ...leaky(),
}, async () => {
  await using w = await world();
  const context = await w.browser.newContext({ viewport: { width: 360, height: 800 } });
  const page = await open(context, `${w.relay.url}/phonebook`);
  page.on("dialog", () => assert.fail("a stranger's script ran"));
  assert.equal(await page.title(), "Phonebook · wire relay");
  assert.equal(await page.locator("img, script, iframe").count(), 0);
  for (const row of await page.locator("tbody tr").all()) {
    const box = await row.boundingBox();
    for (const cell of await row.locator("td.about p, td.about li, th bdi").all()) {
      const inner = await cell.boundingBox();
      if (box === null || inner === null) continue;
      assert.ok(inner.x >= 0 && inner.x + inner.width <= 360 + 1);
      assert.ok(inner.y >= box.y - 1 && inner.y + inner.height <= box.y + box.height + 1);
    }
  }
  await context.close();
});

Deno.test(
  { name: "browser: an invite's page can be looked at any number of times", ...leaky() },
  async () => {
    await using w = await world();
    const context = await w.browser.newContext();
    for (let i = 0; i < 4; i++) {
      const page = await open(context, `${w.relay.url}/i/${w.relay.token}`);
      assert.match(await page.locator("pre").nth(1).innerText(), /^wire accept 'http:\/\/127/);
      await page.close();
    }
    await context.close();
  },
);

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

function problems(found: unknown): string[] {
  const { violations = [] } = Object(found);
  return violations.map(({ id, nodes }: Violation) => `${id}: ${nodes[0]?.html}`);
}

/** The driver keeps timers and pipes of its own. */
function leaky(): { readonly sanitizeOps: boolean; readonly sanitizeResources: boolean } {
  return { sanitizeOps: false, sanitizeResources: false };
}
