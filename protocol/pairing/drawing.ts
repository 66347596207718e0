/** A machine as Mermaid, drawn from its transition list. */

/** What a list says of one transition; effects may have a detail behind a colon. */
export interface Drawable {
  readonly from: string;
  readonly on: string;
  readonly when?: string;
  readonly to: string;
  readonly effects: readonly string[];
}

export interface Frame {
  readonly start: string;
  readonly ends: readonly string[];
}

/** Events that lead along one arrow with the same effects share its line. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: string[];
  readonly when: string;
  readonly effects: string;
}

/** @returns a Mermaid state diagram, without the code fence around it */
export function drawTransitions(
  transitions: readonly Drawable[],
  { start, ends }: Frame,
): string {
  const arrows: Arrow[] = [];
  for (const { from, on, when = "", to, effects } of transitions) {
    const wanted = effects.join(", ").replaceAll(":", " ");
    const same = arrows.find((arrow) =>
      arrow.from === from && arrow.to === to && arrow.when === when && arrow.effects === wanted
    );
    if (same === undefined) arrows.push({ from, to, events: [on], when, effects: wanted });
    else same.events.push(on);
  }
  const last = ends.map((tag) => `    ${tag} --> [*]`);
  return ["stateDiagram-v2", `    [*] --> ${start}`, ...arrows.map(drawn), ...last].join("\n");
}

function drawn({ from, to, events, when, effects }: Arrow): string {
  const label = events.length > 6 ? "any event" : events.join(" or ");
  const condition = when === "" ? "" : ` [${when.replaceAll(";", ",")}]`;
  const asks = effects === "" ? "" : ` / ${effects}`;
  return `    ${from} --> ${to} : ${label}${condition}${asks}`;
}
