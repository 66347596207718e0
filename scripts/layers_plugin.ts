/** The two rules of the layer lint, for a tree that starts at any directory. */
import { arrowProblem, Tree } from "./layer_rules.ts";
import { literal } from "./syntax.ts";
import { worldVisitor } from "./world_visitor.ts";

/** @param root directory URL, with its trailing slash */
export function layersPlugin(root: URL): Deno.lint.Plugin {
  const tree = new Tree(root);
  return {
    name: "layers",
    rules: {
      arrow: { create: (context) => arrowVisitor(tree, context) },
      world: { create: (context) => worldVisitor(tree, context) },
    },
  };
}

/** Every way to name another module: imports, re-exports, types, dynamic imports. */
function arrowVisitor(tree: Tree, context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const from = tree.place(context.filename);
  if (from === undefined) return {};
  const check = (node: Deno.lint.Node, source: Deno.lint.Node | null): void => {
    const specifier = literal(source);
    const message = specifier === undefined ? undefined : arrowProblem(tree, from, specifier);
    if (message !== undefined) context.report({ node, message });
  };
  return {
    ImportDeclaration: (node) => check(node, node.source),
    ExportAllDeclaration: (node) => check(node, node.source),
    ExportNamedDeclaration: (node) => check(node, node.source),
    TSImportType: (node) => check(node, node.argument),
    TSExternalModuleReference: (node) => check(node, node.expression),
    ImportExpression(node) {
      if (literal(node.source) !== undefined || from.free) return check(node, node.source);
      const message = "a computed import cannot be checked: write the module's name";
      context.report({ node, message });
    },
  };
}
