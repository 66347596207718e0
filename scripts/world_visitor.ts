/** Finds where a module touches the world: clock, randomness, network, files, processes, timers. */
import { moduleProblem, type Place, type Tree, worldProblem } from "./layer_rules.ts";
import { RANDOM_IMPORTS } from "./layer_table.ts";
import { boundNames, literal, memberName } from "./syntax.ts";

interface Finding {
  readonly node: Deno.lint.Node;
  /** The global's name, which the file may have given to something of its own. */
  readonly base: string;
  readonly message: string;
}

const isGlobalObject = (name: string): boolean => /^(globalThis|self|window)$/.test(name);

export function worldVisitor(tree: Tree, context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const place = tree.place(context.filename);
  if (place === undefined || place.free || place.folder === "platform") return {};
  const bound = new Set<string>();
  /** What a file calls node:crypto as a whole: its random members count as the global's. */
  const cryptos = new Set<string>();
  const findings: Finding[] = [];

  const touch = (node: Deno.lint.Node, base: string, member?: string): void => {
    const message = worldProblem(place, base, member);
    if (message !== undefined) findings.push({ node, base, message });
  };
  const bind = (patterns: readonly Parameters<typeof boundNames>[0][]): void => {
    for (const name of patterns.flatMap(boundNames)) bound.add(name);
  };
  /** An expression whose value is a global itself: `call(fetch)`, `const now = Date`. */
  const value = (node: Deno.lint.Node | null | undefined): void => {
    if (node?.type === "Identifier") touch(node, node.name);
  };
  const report = (node: Deno.lint.Node, message: string | undefined): void => {
    if (message !== undefined) context.report({ node, message });
  };

  return {
    ImportDeclaration(node) {
      bind(node.specifiers.map((specifier) => specifier.local));
      if (node.importKind === "type") return;
      report(node, moduleProblem(place, node.source.value));
      for (const { type, local } of node.specifiers) {
        if (isCrypto(node) && type !== "ImportSpecifier") cryptos.add(local.name);
      }
      for (const problem of randomImports(node)) report(problem.node, problem.message);
    },
    ExportNamedDeclaration: (node) => report(node, sourceProblem(place, node.source)),
    ExportAllDeclaration: (node) => report(node, sourceProblem(place, node.source)),
    ImportExpression: (node) => report(node, sourceProblem(place, node.source)),
    CallExpression(node) {
      value(node.callee);
      for (const argument of node.arguments) value(argument);
      if (isCurrentDate(node)) touch(node, "Date", "now");
    },
    NewExpression(node) {
      value(node.callee);
      for (const argument of node.arguments) value(argument);
      if (isCurrentDate(node)) touch(node, "Date", "now");
    },
    MemberExpression(node) {
      const { object } = node;
      if (object.type === "Identifier") {
        touch(node, object.name, memberName(node));
        if (cryptos.has(object.name)) {
          report(node, worldProblem(place, "crypto", memberName(node)));
        }
      }
      if (object.type !== "MemberExpression" || object.object.type !== "Identifier") return;
      const base = memberName(object); // globalThis.Date.now
      if (isGlobalObject(object.object.name) && base !== undefined) {
        touch(node, base, memberName(node));
      }
    },
    VariableDeclarator(node) {
      value(node.init);
      bind([node.id]);
      if (node.init?.type !== "Identifier" || node.id.type !== "ObjectPattern") return;
      for (const property of node.id.properties) { // const { now } = Date
        if (property.type !== "Property" || property.key.type !== "Identifier") continue;
        touch(property, node.init.name, property.key.name);
      }
    },
    AssignmentExpression: (node) => value(node.right),
    AssignmentPattern: (node) => value(node.right),
    LogicalExpression(node) {
      value(node.left);
      value(node.right);
    },
    ConditionalExpression(node) {
      value(node.consequent);
      value(node.alternate);
    },
    Property: (node) => value(node.value),
    PropertyDefinition: (node) => value(node.value),
    ReturnStatement: (node) => value(node.argument),
    ArrowFunctionExpression(node) {
      value(node.body);
      bind(node.params);
    },
    FunctionDeclaration(node) {
      bind(node.id === null ? node.params : [node.id, ...node.params]);
    },
    FunctionExpression: (node) => bind(node.params),
    "Program:exit"() {
      // `({ fetch }) => fetch(request)` is injection, which is what we want.
      for (const { node, base, message } of findings) if (!bound.has(base)) report(node, message);
    },
  };
}

function sourceProblem(place: Place, source: Deno.lint.Node | null): string | undefined {
  const specifier = literal(source);
  return specifier === undefined ? undefined : moduleProblem(place, specifier);
}

/** `new Date()` and `Date()` read the clock; `new Date(value)` only converts. */
function isCurrentDate(node: Deno.lint.CallExpression | Deno.lint.NewExpression): boolean {
  if (node.callee.type !== "Identifier" || node.callee.name !== "Date") return false;
  return node.type === "CallExpression" || node.arguments.length === 0;
}

const isCrypto = (node: Deno.lint.ImportDeclaration): boolean =>
  node.source.value === "node:crypto" || node.source.value === "crypto";

function* randomImports(node: Deno.lint.ImportDeclaration): Iterable<Omit<Finding, "base">> {
  if (!isCrypto(node)) return;
  for (const specifier of node.specifiers) {
    if (specifier.type !== "ImportSpecifier" || specifier.importKind === "type") continue;
    const imported = specifier.imported.type === "Identifier" ? specifier.imported.name : "";
    if (!RANDOM_IMPORTS.has(imported)) continue;
    const message = `${imported} of node:crypto: randomness comes from platform.random`;
    yield { node: specifier, message };
  }
}
